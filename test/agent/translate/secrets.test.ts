import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONFIG_MAX, isSecretName, publicConfig, withoutSecrets } from "../../../agent/translate/secrets.ts";

describe("secrets in a configuration", () => {
  test.each([
    "huggingface_token",
    "HF_TOKEN",
    "apiKey",
    "api_key",
    "password",
    "secrets",
    "aws_secret_access_key",
    "wandb.key",
    "clientSecret",
    "webhook_url",
  ])("EV7 what is called %s is a secret", (name) => {
    expect(isSecretName(name)).toBe(true);
    expect(publicConfig({ [name]: "hush-hush" })).toEqual({ [name]: "[removed]" });
  });

  test.each(["tokenizer", "max_token_length", "key", "image_key", "tokenized_prompt", "passes", "secretary", "learning_rate"])(
    "EV7 %s and its figure stay",
    (name) => {
      expect(publicConfig({ [name]: 77 })).toEqual({ [name]: 77 });
    },
  );

  test.each([
    ["hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345", "[removed]"],
    ["Bearer abcdefghijklmnop", "[removed]"],
    ["see ghp_0123456789abcdefghij0123456789abcdef there", "see [removed] there"],
    ["https://user:pass@example.org/x", "https://[removed]@example.org/x"],
    ["https://example.org/x?a=1&access_token=abc&b=2", "https://example.org/x?a=1&access_token=[removed]&b=2"],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "[removed]"],
    ["-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "[removed]"],
    ["/home/somebody/models/sd15", "~/models/sd15"],
    [["", "root", "x"].join("/"), "~/x"],
    ["/Users/somebody", "~"],
    ["C:\\Users\\somebody\\x", "~\\x"],
    ["/data/models/sd15", "/data/models/sd15"],
    ["stabilityai/stable-diffusion-xl", "stabilityai/stable-diffusion-xl"],
  ])("EV7 %j is shown as %j", (value, shown) => {
    expect(withoutSecrets(value)).toBe(shown);
  });

  test("EV7 everything below a secret's name is secret, and a number that is called a password", () => {
    expect(publicConfig({ secrets: { huggingface: "x", more: ["y", 1, ""] }, ssh: { password: 1234, port: 22 } })).toEqual({
      secrets: { huggingface: "[removed]", more: ["[removed]", 1, ""] },
      ssh: { password: "[removed]", port: 22 },
    });
  });

  test("EV7 no secret is left wherever it stands in a configuration", () => {
    const secret = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345";
    const placed = fc
      .tuple(fc.array(fc.string({ minLength: 1 }), { maxLength: 5 }), fc.string(), fc.string())
      .map(([path, before, after]) => {
        let value: unknown = `${before} ${secret} ${after}`;
        for (const name of path) value = name.length % 2 === 0 ? { [name]: value } : [value];
        return { config: value };
      });
    fc.assert(fc.property(placed, (config) => !JSON.stringify(publicConfig(config)).includes(secret)));
  });

  test("EV7 a configuration of any size is bounded", () => {
    const huge = { step: 3, layers: Array.from({ length: 400 }, (_, index) => ({ [`layer ${index}`]: "x".repeat(2000) })) };
    expect(publicConfig(huge)).toEqual({ step: 3 });
    let deep: Record<string, unknown> = {};
    for (let level = 0; level < 5000; level++) deep = { deep };
    expect(JSON.stringify(publicConfig(deep)).length).toBeLessThan(CONFIG_MAX);
  });
});
