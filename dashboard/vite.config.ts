import { preact } from "@preact/preset-vite";
import { defineConfig } from "vite";
import { serviceWorker } from "./worker-plugin.ts";

/** Where `npm run dev` finds the relay while this page is served with hot reload. */
const RELAY = "http://127.0.0.1:8787";

export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  plugins: [preact({ prefreshEnabled: true, devToolsEnabled: false }), serviceWorker()],
  build: {
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    target: "es2022",
    // The page's content security policy allows no `data:` address and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      "/api": RELAY,
      "/healthz": RELAY,
      "^/runs/[^/]+/ws": { target: RELAY, ws: true },
    },
  },
});
