import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { messages } from "../messages.ts";
import { Button } from "./button.tsx";
import { useToasts } from "./toaster.tsx";

/** Puts a text on the clipboard and says so. */
export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const [copied, setCopied] = useState(false);
  const toasts = useToasts();
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    const done = await copyText(text);
    setCopied(done);
    // A refusal is rare; without words the person would paste something else.
    if (!done) toasts.say(messages.common.copyFailed);
  };
  return (
    <Button icon={copied ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />} onClick={() => void copy()}>
      <span aria-live="polite">{copied ? messages.common.copied : (label ?? messages.common.copy)}</span>
    </Button>
  );
}

/** The clipboard API is a permission, which the desktop app grants to nobody; then the older way, which is not. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}
