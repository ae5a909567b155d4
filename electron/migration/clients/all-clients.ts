import { amazonQ } from "./amazon-q.ts";
import { amp } from "./amp.ts";
import { claudeCode } from "./claude-code.ts";
import { claudeDesktop } from "./claude-desktop.ts";
import type { ClientDefinition } from "./client-definition.ts";
import { cline } from "./cline.ts";
import { codex } from "./codex.ts";
import { continueDev } from "./continue.ts";
import { copilotCli } from "./copilot-cli.ts";
import { cursor } from "./cursor.ts";
import { geminiCli } from "./gemini-cli.ts";
import { goose } from "./goose.ts";
import { junie } from "./junie.ts";
import { kiro } from "./kiro.ts";
import { lmStudio } from "./lm-studio.ts";
import { opencode } from "./opencode.ts";
import { qwenCode } from "./qwen-code.ts";
import { roo } from "./roo.ts";
import { unsureClients } from "./unsure-clients.ts";
import { vscode, vscodeFlatpak, vscodeInsiders, vscodium } from "./vscode.ts";
import { windsurf } from "./windsurf.ts";
import { zed, zedFlatpak } from "./zed.ts";

/** Every client that we know, the surest and most used first: the order in which they are shown. */
export const allClients: readonly ClientDefinition[] = [
  claudeDesktop,
  claudeCode,
  cursor,
  vscode,
  vscodeInsiders,
  vscodium,
  windsurf,
  codex,
  geminiCli,
  copilotCli,
  cline,
  zed,
  continueDev,
  goose,
  lmStudio,
  amazonQ,
  kiro,
  opencode,
  amp,
  junie,
  roo,
  qwenCode,
  vscodeFlatpak,
  zedFlatpak,
  ...unsureClients,
];
