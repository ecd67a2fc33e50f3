import { build, type Plugin } from "vite";

/** Served beside the assets, and known to no HTML. */
const PUBLIC_FILES = ["/favicon.svg"];

/**
 * Makes sw.js: the service worker, with the list of files that this build is made of. It is built for itself, so that it shares no chunk
 * with the page and is one script.
 */
export function serviceWorker(): Plugin {
  return {
    name: "runcast-service-worker",
    apply: "build",
    enforce: "post",
    async generateBundle(_options, bundle) {
      const page = bundle["index.html"];
      const entry = Object.values(bundle).find((file) => file.type === "chunk" && file.isEntry)?.fileName;
      if (page?.type !== "asset" || entry === undefined) throw new Error("the build has no page");
      const files = Object.keys(bundle)
        .filter((name) => !/\.(?:html|map)$/.test(name))
        .map((name) => `/${name}`);
      const shell = { version: await digest(`${page.source}${files}`), page: "/", entry, files: [...files, ...PUBLIC_FILES] };
      this.emitFile({ type: "asset", fileName: "sw.js", source: await compiled(shell) });
    },
  };
}

async function compiled(shell: object): Promise<string> {
  const built = await build({
    configFile: false,
    root: import.meta.dirname,
    publicDir: false,
    logLevel: "error",
    define: { SHELL: JSON.stringify(shell) },
    build: { write: false, target: "es2022", rollupOptions: { input: `${import.meta.dirname}/sw/sw.ts`, output: { format: "es" } } },
  });
  const [script] = "output" in built ? built.output : [];
  if (script?.type !== "chunk") throw new Error("the service worker is not one script");
  return script.code;
}

/** The names of assets are made of what is in them: page and names tell one build from another. */
async function digest(text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(hash.subarray(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
