import { z } from "zod";
import { errorCodes } from "../errors.ts";

/** `AppError` as it crosses a process boundary. */
export const appErrorSchema = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  hint: z.string().optional(),
});
