import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { settingsSchema } from "../../shared/model/settings.ts";
import { writeFileAtomic } from "../atomic-file.ts";

/** What a new config.json says as its `$schema`: the copy beside it, so that editors complete and check it without a network. */
export const schemaReference = "./config.schema.json";

/** The JSON schema (draft 2020-12) of config.json, from the very schema that reads it. */
export function settingsJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(settingsSchema, { io: "input" }), null, 2)}\n`;
}

/** Puts the schema beside config.json, if it is not there or of another version. */
export async function writeSettingsSchema(configFolder: string): Promise<void> {
  const file = path.join(configFolder, path.basename(schemaReference));
  const text = settingsJsonSchema();
  const present = await fs.readFile(file, "utf8").catch(() => "");
  if (present !== text) await writeFileAtomic(file, text, 0o644);
}
