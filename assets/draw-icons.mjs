// Draws every icon from its SVG with a real Chromium: `node assets/draw-icons.mjs [CHROMIUM]`. The PNGs are committed; run it after
// changing an SVG. In the tray's drawings INK stands for the colour of the panel's text and MARK for the colour of what matters.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { chromium } from "playwright-core";

const folder = import.meta.dirname;
const executablePath = process.argv[2] ?? "/usr/bin/chromium";

const states = ["idle", "waiting", "paused", "fault"];
const inks = {
  // A macOS template: black and clear only, the system colours it.
  Template: { ink: "#000000", mark: { waiting: "#000000", fault: "#000000" } },
  "-on-light": { ink: "#1f2937", mark: { waiting: "#d97706", fault: "#dc2626" } },
  "-on-dark": { ink: "#f3f4f6", mark: { waiting: "#fbbf24", fault: "#f87171" } },
};
const trayScales = { "": 16, "@1.5x": 24, "@2x": 32, "@3x": 48 };
const appSizes = [16, 32, 64, 128, 256, 512];

const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
const page = await browser.newPage();

async function draw(svg, size, file) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>html,body{margin:0;background:transparent}svg{display:block;width:${String(size)}px;height:${String(size)}px}</style>${svg}`,
  );
  await writeFile(file, await page.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: size, height: size } }));
}

const appIcon = await readFile(path.join(folder, "icon.svg"), "utf8");
const appIconSmall = await readFile(path.join(folder, "icon-small.svg"), "utf8");
for (const size of appSizes)
  await draw(size < 48 ? appIconSmall : appIcon, size, path.join(folder, "icons", `${String(size)}x${String(size)}.png`));
for (const state of states) {
  const svg = await readFile(path.join(folder, "tray", `${state}.svg`), "utf8");
  for (const [suffix, { ink, mark }] of Object.entries(inks)) {
    const coloured = svg.replaceAll("INK", ink).replaceAll("MARK", mark[state] ?? ink);
    for (const [scale, size] of Object.entries(trayScales))
      await draw(coloured, size, path.join(folder, "tray", `${state}${suffix}${scale}.png`));
  }
}
await browser.close();
