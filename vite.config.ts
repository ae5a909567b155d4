import path from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const root = path.join(import.meta.dirname, "renderer");

// The renderer only: two pages, relative addresses (they are served from app://bundle and from 127.0.0.1), nothing inlined
// (the content security policy has neither data: scripts nor inline styles).
export default defineConfig({
  root,
  base: "./",
  plugins: [react()],
  server: { host: "127.0.0.1" },
  build: {
    outDir: path.join(import.meta.dirname, "dist", "renderer"),
    emptyOutDir: true,
    target: "chrome130",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: { input: [path.join(root, "index.html"), path.join(root, "approval.html")] },
  },
});
