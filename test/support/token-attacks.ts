/**
 * Tokens that no relay may take, as data: for the Worker alone and for a real relay over HTTP. Whoever holds the key signs most of them, so
 * that nothing but the one thing that is wrong can be what they are refused for.
 */

export type GoodClaims = { sub: string; role: string; runs: string; exp: number };

export type TokenAttack = {
  what: string;
  make(secret: string, good: GoodClaims): Promise<string>;
  /** It has characters that no HTTP header can carry: it can come in a query alone. */
  queryOnly?: true;
};

const HEADER = '{"alg":"HS256","typ":"JWT"}';
const OTHER_KEY = "another key that is also long enough to be one";

/** A JWT of any two texts. */
export async function forge(secret: string, header: string | Uint8Array, payload: string | Uint8Array, hash = "SHA-256"): Promise<string> {
  return signed(secret, `${encode(header)}.${encode(payload)}`, hash);
}

async function signed(secret: string, body: string, hash = "SHA-256"): Promise<string> {
  const bytes = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), { name: "HMAC", hash }, false, ["sign"]);
  return `${body}.${encode(new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(body))))}`;
}

function encode(part: string | Uint8Array): string {
  const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function header(what: string, text: string, hash?: string): TokenAttack {
  return { what: `header: ${what}`, make: (secret, good) => forge(secret, text, JSON.stringify(good), hash) };
}

/** @param change what the payload says instead; undefined takes a claim away */
function claim(what: string, change: (good: GoodClaims) => Record<string, unknown>): TokenAttack {
  return { what: `claim: ${what}`, make: (secret, good) => forge(secret, HEADER, JSON.stringify({ ...good, ...change(good) })) };
}

function payload(what: string, text: (good: GoodClaims, json: string) => string | Uint8Array): TokenAttack {
  return { what: `payload: ${what}`, make: (secret, good) => forge(secret, HEADER, text(good, JSON.stringify(good))) };
}

/** @param change of a token that is good */
function spelling(what: string, change: (token: string, parts: [string, string, string]) => string | null, queryOnly?: true): TokenAttack {
  const make = async (secret: string, good: GoodClaims) => {
    // Whether a signature has the characters that a change needs is chance.
    for (let exp = good.exp; ; exp -= 1) {
      const token = await forge(secret, HEADER, JSON.stringify({ ...good, exp }));
      const changed = change(token, token.split(".") as [string, string, string]);
      if (changed !== null && changed !== token) return changed;
    }
  };
  return { what: `token: ${what}`, make, ...(queryOnly && { queryOnly }) };
}

/** Signed as it is spelt, so that the spelling alone is wrong. */
function body(what: string, change: (head: string, said: string) => string, queryOnly?: true): TokenAttack {
  const make = (secret: string, good: GoodClaims) => signed(secret, change(encode(HEADER), encode(JSON.stringify(good))));
  return { what: `token: ${what}`, make, ...(queryOnly && { queryOnly }) };
}

const ALGORITHMS = [
  "none",
  "None",
  "NONE",
  "nOnE",
  "",
  " HS256",
  "HS256 ",
  "hs256",
  "HS256\\u0000",
  "RS256",
  "ES256",
  "PS256",
  "EdDSA",
  "dir",
];
const HEADERS: readonly TokenAttack[] = [
  ...ALGORITHMS.map((alg) => header(`alg ${JSON.stringify(alg)} over a good signature`, `{"alg":"${alg}","typ":"JWT"}`)),
  ...["none", "None", "NONE", "nOnE", ""].map(
    (alg): TokenAttack => ({
      what: `header: alg ${JSON.stringify(alg)} without a signature`,
      make: async (secret, good) => `${(await forge(secret, `{"alg":"${alg}"}`, JSON.stringify(good))).split(".").slice(0, 2).join(".")}.`,
    }),
  ),
  header("no alg", '{"typ":"JWT"}'),
  ...["null", "1", '["HS256"]', '{"HS256":1}', "true"].map((alg) => header(`alg ${alg}`, `{"alg":${alg},"typ":"JWT"}`)),
  header("HS384 signed as such", '{"alg":"HS384","typ":"JWT"}', "SHA-384"),
  header("HS512 signed as such", '{"alg":"HS512","typ":"JWT"}', "SHA-512"),
  header("HS384 over a signature of HS256", '{"alg":"HS384","typ":"JWT"}'),
  header("HS256 over a signature of HS512", HEADER, "SHA-512"),
  ...["../../dev/null", "' OR '1'='1", "1; DROP TABLE tokens", "", "https://elsewhere.test/key", "0", "/proc/self/environ"].map((kid) =>
    header(`kid ${JSON.stringify(kid)}`, JSON.stringify({ alg: "HS256", typ: "JWT", kid })),
  ),
  header("jwk", '{"alg":"HS256","typ":"JWT","jwk":{"kty":"oct","k":"AAAA"}}'),
  ...["jku", "x5u"].map((name) => header(name, JSON.stringify({ alg: "HS256", typ: "JWT", [name]: "https://elsewhere.test/keys" }))),
  header("x5c", '{"alg":"HS256","typ":"JWT","x5c":["AAAA"]}'),
  header("crit", '{"alg":"HS256","typ":"JWT","crit":["exp"]}'),
  header("crit and b64", '{"alg":"HS256","typ":"JWT","crit":["b64"],"b64":false}'),
  header("b64", '{"alg":"HS256","typ":"JWT","b64":false}'),
  header("enc and zip", '{"alg":"HS256","typ":"JWT","enc":"A128GCM","zip":"DEF"}'),
  ...['"JWS"', '"jwe"', '"at+jwt"', "null", "1", '""'].map((typ) => header(`typ ${typ}`, `{"alg":"HS256","typ":${typ}}`)),
  header("alg twice, the good one last", '{"alg":"none","alg":"HS256","typ":"JWT"}'),
  header("alg twice, the good one first", '{"alg":"HS256","alg":"none","typ":"JWT"}'),
  header("alg twice, once with escapes", '{"\\u0061lg":"none","alg":"HS256","typ":"JWT"}'),
  header("__proto__", '{"__proto__":{"alg":"HS256"},"typ":"JWT"}'),
  ...["null", "[]", '"HS256"', "", "{", `[${HEADER}]`, `${HEADER}}`, `\ufeff${HEADER}`].map((text) =>
    header(`the text ${JSON.stringify(text)}`, text),
  ),
];

const SIGNATURES: readonly TokenAttack[] = [
  { what: "signature: of another key", make: (_, good) => forge(OTHER_KEY, HEADER, JSON.stringify(good)) },
  ...["null", "undefined", "secret", "RUNCAST_SECRET", "0"].map(
    (key): TokenAttack => ({ what: `signature: of the key "${key}"`, make: (_, good) => forge(key, HEADER, JSON.stringify(good)) }),
  ),
  { what: "signature: of half the key", make: (secret, good) => forge(secret.slice(0, 16), HEADER, JSON.stringify(good)) },
  spelling("an empty signature", (_, [head, said]) => `${head}.${said}.`),
  spelling("no signature", (_, [head, said]) => `${head}.${said}`),
  spelling("a signature that is cut", (token) => token.slice(0, -1)),
  spelling("half a signature", (token) => token.slice(0, -22)),
  spelling("a signature that goes on", (token) => `${token}A`),
  spelling("a signature twice", (token, [, , signature]) => token + signature),
  spelling("a signature of zeros", (_, [head, said, signature]) => `${head}.${said}.${"A".repeat(signature.length)}`),
  spelling(
    "the signature of other claims",
    (_, [head, , signature]) => `${head}.${encode('{"sub":"x","role":"owner","runs":"*"}')}.${signature}`,
  ),
  spelling("a signature with padding", (token) => `${token}=`),
  spelling("a signature in the other base64", (token, [head, said, signature]) => {
    const other = signature.replaceAll("-", "+").replaceAll("_", "/");
    return other === signature ? null : token && `${head}.${said}.${other}`;
  }),
  // 43 characters hold 256 bits and two that nothing looks at.
  spelling("a signature whose spare bits are set", (token) => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return token.slice(0, -1) + (alphabet[alphabet.indexOf(token.at(-1) ?? "A") + 1] ?? "A");
  }),
];

const SPELLINGS: readonly TokenAttack[] = [
  spelling("four parts", (token) => `${token}.AAAA`),
  spelling("four parts, the last one empty", (token) => `${token}.`),
  spelling("four parts, the first one empty", (token) => `.${token}`),
  spelling("five parts, as a JWE has", (token, [head]) => `${head}.${token}.AAAA`),
  spelling("one part", (_, [head]) => head),
  spelling("two dots alone", () => ".."),
  spelling("three parts without a payload", (_, [head, , signature]) => `${head}..${signature}`),
  spelling("parts in another order", (_, [head, said, signature]) => `${said}.${head}.${signature}`),
  spelling("a space within", (_, [head, said, signature]) => `${head} .${said}.${signature}`),
  spelling("a scheme within", (token) => `Bearer ${token}`.replace(" ", "_")),
  spelling("quotes around it", (token) => `"${token}""`),
  spelling("percent signs", (token) => `${token}%00%zz`),
  spelling("a token after another", (token) => `x,${token}`),
  spelling("a space of Latin-1 before it", (token) => `\u00a0${token}`),
  spelling("letters of Latin-1", (token) => `${token}\u00e9\u00ff`),
  spelling("a line's end", (token) => `${token}\n`, true),
  spelling("a header's end", (token) => `${token}\r\nX-Role: owner`, true),
  spelling("NUL at its end", (token) => `${token}\0`, true),
  spelling("NUL within", (_, [head, said, signature]) => `${head}\0.${said}.${signature}`, true),
  spelling("letters that look alike", (token) => token.replace("e", "\u0435"), true),
  spelling("a mark of byte order before it", (token) => `\ufeff${token}`, true),
  spelling("emoji", () => "\u{1f511}.\u{1f511}.\u{1f511}", true),
  body("padding after the header, signed", (head, said) => `${head}=.${said}`),
  body("padding after the payload, signed", (head, said) => `${head}.${said}=`),
  body("a space in the payload, signed", (head, said) => `${head}.${said.slice(0, 8)} ${said.slice(8)}`),
  body("a tab in the header, signed", (head, said) => `${head.slice(0, 8)}\t${head.slice(8)}.${said}`),
  body("a line's end in the payload, signed", (head, said) => `${head}.${said.slice(0, 8)}\n${said.slice(8)}`, true),
  body("four parts, signed", (head, said) => `${head}.${said}.${said}`),
  body("percent signs in the payload, signed", (head, said) => `${head}.${said}%3D`),
  { what: "token: 64 KiB of one letter", make: async () => "A".repeat(64 * 1024) },
  { what: "token: 64 KiB of dots", make: async () => ".".repeat(64 * 1024) },
  claim("64 KiB of something else", () => ({ more: "x".repeat(48 * 1024) })),
  header("64 KiB", JSON.stringify({ alg: "HS256", typ: "JWT", more: "x".repeat(48 * 1024) })),
  payload("64 KiB of braces", () => '{"a":'.repeat(9800)),
];

const PAYLOADS: readonly TokenAttack[] = [
  ...["null", "[]", "{}", "1", "true", '"owner"', "", "{", "undefined"].map((text) =>
    payload(`the text ${JSON.stringify(text)}`, () => text),
  ),
  payload("in a list", (_, json) => `[${json}]`),
  payload("with something after it", (_, json) => `${json}x`),
  payload("twice", (_, json) => json + json),
  payload("NUL after it", (_, json) => `${json}\0`),
  payload("with a comma too many", (_, json) => json.replace("}", ",}")),
  payload("with single quotes", (_, json) => json.replaceAll('"', "'")),
  payload("with a mark of byte order", (_, json) => `\ufeff${json}`),
  payload("in UTF-16", (_, json) => Uint8Array.from([...json].flatMap((letter) => [letter.charCodeAt(0), 0]))),
  payload("with bytes that are no UTF-8", ({ sub, ...rest }) => {
    const [before = "", after = ""] = JSON.stringify({ sub: `${sub}?`, ...rest }).split("?");
    const bytes = new TextEncoder();
    return Uint8Array.from([...bytes.encode(before), 0xff, 0xc0, 0x80, ...bytes.encode(after)]);
  }),
  payload("role twice, the greater one last", (_, json) => json.replace("}", ',"role":"owner"}')),
  payload("role twice, the greater one first", (_, json) => json.replace("{", '{"role":"owner",')),
  payload("role twice, once with escapes", (_, json) => json.replace("{", '{"\\u0072ole":"owner",')),
  payload("role twice, once with escapes in capitals", (_, json) => json.replace("}", ',"r\\u006Fle":"owner"}')),
  payload("runs twice", (_, json) => json.replace("{", '{"runs":"*",')),
  payload("exp twice", (_, json) => json.replace("{", '{"exp":1,')),
  payload("jti twice", (_, json) => json.replace("}", ',"jti":"a","jti":"b"}')),
  payload("a name twice further inside", (_, json) => json.replace("}", ',"more":[{"a":1,"a":2}]}')),
  payload("role by way of __proto__", ({ role, ...rest }) => `{"__proto__":{"role":"${role}"},${JSON.stringify(rest).slice(1)}`),
  payload("all of it by way of __proto__", (_, json) => `{"__proto__":${json}}`),
  payload(
    "role by way of constructor",
    ({ role, ...rest }) => `{"constructor":{"prototype":{"role":"${role}"}},${JSON.stringify(rest).slice(1)}`,
  ),
  payload("sub 1000 lists deep", ({ sub: _, ...rest }) => `{"sub":${"[".repeat(1000)}${"]".repeat(1000)},${JSON.stringify(rest).slice(1)}`),
  payload(
    "runs 700 objects deep",
    ({ runs: _, ...rest }) => `{"runs":${'{"a":'.repeat(700)}1${"}".repeat(700)},${JSON.stringify(rest).slice(1)}`,
  ),
  payload("sub with half a surrogate pair", (_, json) => json.replace('"sub":"', '"sub":"\\ud800')),
  payload("jti with half a surrogate pair", (_, json) => json.replace("}", ',"jti":"\\udc00"}')),
  payload("exp past all numbers", ({ exp: _, ...rest }) => JSON.stringify(rest).replace("}", ',"exp":1e400}')),
];

const DAY_S = 24 * 3600;
const CLAIMS: readonly TokenAttack[] = [
  claim("expired", () => ({ exp: Math.floor(Date.now() / 1000) - 3600 })),
  claim("not yet valid", ({ exp }) => ({ nbf: exp })),
  claim("valid in the far future", () => ({ nbf: 1e300 })),
  ...["sub", "role", "runs", "exp"].flatMap((name) => [
    claim(`without ${name}`, () => ({ [name]: undefined })),
    ...[null, true, 1.5, -1, 0, {}, [], [[]], ""].map((value) => claim(`${name} ${JSON.stringify(value)}`, () => ({ [name]: value }))),
  ]),
  ...["sub", "role"].map((name) => claim(`${name} in a list`, (good) => ({ [name]: [good[name as "sub" | "role"]] }))),
  claim("role as an object", ({ role }) => ({ role: { [role]: true } })),
  ...["admin", "Owner", "OWNER", " owner", "owner ", "owner\0", "own\u200ber", "\u043ewner", "__proto__", "toString", "*"].map((role) =>
    claim(`role ${JSON.stringify(role)}`, () => ({ role })),
  ),
  claim("two roles in one", ({ role }) => ({ role: `${role},owner` })),
  claim("exp as text", ({ exp }) => ({ exp: String(exp) })),
  claim("exp with a fraction", ({ exp }) => ({ exp: exp + 0.5 })),
  claim("exp in a list", ({ exp }) => ({ exp: [exp] })),
  claim("exp in milliseconds", ({ exp }) => ({ exp: exp * 1000 })),
  claim("exp beyond what any role may have", ({ exp }) => ({ exp: exp + 367 * DAY_S })),
  claim("exp of the largest whole number", () => ({ exp: Number.MAX_SAFE_INTEGER })),
  claim("exp past whole numbers", () => ({ exp: 1e300 })),
  ...["operator", "owner"].map((role) => claim(`exp beyond what an ${role} may have`, ({ exp }) => ({ role, exp: exp + 91 * DAY_S }))),
  ...["nbf", "iat"].flatMap((name) =>
    ["1", null, [1], {}].map((value) => claim(`${name} ${JSON.stringify(value)}`, () => ({ [name]: value }))),
  ),
  ...["", 1, null, [], {}, "x".repeat(65), "a\0b", ".", ".."].map((jti) =>
    claim(`jti ${JSON.stringify(jti).slice(0, 12)}`, () => ({ jti })),
  ),
  claim("sub of 201 letters", () => ({ sub: "x".repeat(201) })),
  claim("sub with what a terminal obeys", () => ({ sub: "\u001b[2J" })),
  claim("sub with NUL", () => ({ sub: "Ada\0" })),
  ...["a*b", "**", "*x", "../", "..*/", "a b", "%2a", "\uff0a", "\u0430*", "?", ".*.*", "*\0", "*\n", "r\u200b*"].map((runs) =>
    claim(`runs ${JSON.stringify(runs)}`, () => ({ runs })),
  ),
  ...["\n", "\0", " ", "/", ",*", "|*", "**"].map((end) =>
    claim(`runs that end with ${JSON.stringify(end)}`, ({ runs }) => ({ runs: runs + end })),
  ),
  claim("runs of 65 letters", () => ({ runs: "x".repeat(65) })),
  claim("65 runs", ({ runs }) => ({ runs: Array.from({ length: 65 }, () => runs) })),
  claim("runs in lists in a list", ({ runs }) => ({ runs: [[runs]] })),
  claim("runs with null among them", ({ runs }) => ({ runs: [runs, null] })),
  claim("runs with a bad one among them", ({ runs }) => ({ runs: [runs, "a*b"] })),
  claim("runs that look like a list", ({ runs }) => ({ runs: { 0: runs, length: 1 } })),
];

export const TOKEN_ATTACKS: readonly TokenAttack[] = [...HEADERS, ...SIGNATURES, ...SPELLINGS, ...PAYLOADS, ...CLAIMS];

/** Good tokens whose runs come near a run, and do not cover it: 403. */
export const NEAR_MISSES: readonly ((run: string) => string | string[])[] = [
  (run) => run.slice(0, -1),
  (run) => `${run}x`,
  (run) => `${run}-*`,
  (run) => `${run.slice(0, -1)}_*`,
  (run) => `x${run}`,
  (run) => `${run.toUpperCase()}*`,
  (run) => run.slice(1),
  () => ".",
  () => "..",
  () => ".*",
  () => "-*",
  () => "_",
  (run) => [`${run}.`, `.${run}`, "..*"],
  (run) => Array.from({ length: 64 }, (_, n) => `${run}${n}*`),
];
