import { Menu } from "@base-ui/react/menu";
import { Download, ShieldCheck } from "lucide-react";
import { useState } from "react";
import type { JournalVerdict } from "../../shared/model/journal-entry.ts";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { useNow } from "../ui/now.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useAct } from "../use-act.ts";
import { queryOf, type Filters } from "./use-journal.ts";

/** Verify and export. */
export function JournalActions({
  filters,
  onVerdict,
}: {
  readonly filters: Filters;
  readonly onVerdict: (verdict: JournalVerdict) => void;
}) {
  const act = useAct();
  const toasts = useToasts();
  const [verifying, setVerifying] = useState(false);
  const words = messages.activity;
  const verify = async (): Promise<void> => {
    setVerifying(true);
    const result = await act("journal.verify");
    setVerifying(false);
    if (result.ok) onVerdict(result.value);
  };
  const save = async (kind: "jsonl" | "csv"): Promise<void> => {
    const result = await act("journal.export", { format: kind, query: queryOf(filters) });
    if (!result.ok) return;
    download(result.value.text, `portcullis-journal.${kind}`, kind === "csv" ? "text/csv" : "application/x-ndjson");
    toasts.say(words.exported(result.value.records));
  };
  return (
    <>
      <Button icon={<ShieldCheck size={15} aria-hidden="true" />} aria-disabled={verifying} onClick={() => void verify()}>
        {verifying ? words.verifying : words.verify}
      </Button>
      <Menu.Root modal={false}>
        <Menu.Trigger render={<Button icon={<Download size={15} aria-hidden="true" />}>{words.export}</Button>} />
        <Menu.Portal>
          <Menu.Positioner sideOffset={4} align="end">
            <Menu.Popup className="select-popup">
              <Menu.Item className="menu-item" onClick={() => void save("jsonl")}>
                {words.exportJsonl}
              </Menu.Item>
              <Menu.Item className="menu-item" onClick={() => void save("csv")}>
                {words.exportCsv}
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </>
  );
}

/** What verifying came to. */
export function Verdict({ verdict, onClose }: { readonly verdict: JournalVerdict; readonly onClose: () => void }) {
  const words = messages.activity;
  const now = useNow(30_000);
  const close = <Button onClick={onClose}>{messages.common.dismiss}</Button>;
  return (
    <div className="verdict">
      {verdict.kind === "intact" ? (
        <Banner live title={words.intact(verdict.records)} action={close}>
          {words.anchored(verdict.anchor, verdict.anchoredAt === null ? null : format.relative(verdict.anchoredAt, now))}{" "}
          <code className="faint unbroken">{verdict.head}</code>
        </Banner>
      ) : verdict.kind === "unchecked" ? (
        <Banner hue="amber" live title={words.unchecked(verdict.records)} action={close}>
          <Revealed text={words.uncheckedText(verdict.anchor, verdict.reason)} /> <code className="faint unbroken">{verdict.head}</code>
        </Banner>
      ) : (
        <Banner hue="red" live title={verdict.kind === "bad" ? words.bad(format.number(verdict.seq)) : words.unreadable} action={close}>
          <Revealed text={verdict.reason} /> {verdict.kind === "bad" ? words.badHint : null}
        </Banner>
      )}
    </div>
  );
}

/** Hands a text to the browser's own download. */
function download(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
