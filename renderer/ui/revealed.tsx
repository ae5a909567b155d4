import { codePointName, revealParts } from "../../shared/text/reveal.ts";
import { messages } from "../messages.ts";

/**
 * Text that somebody else wrote (threats 13 and 14): invisible and control characters as chips, direction kept to itself. `line`
 * is for text that has no business with tabs and line breaks; those are shown too.
 */
export function Revealed({ text, line = false }: { readonly text: string; readonly line?: boolean }) {
  const parts = revealParts(text);
  const only = parts.length === 1 ? parts[0] : undefined;
  if (only?.kind === "text" && !(line && /[\n\t]/.test(only.text))) return <bdi className="revealed">{only.text}</bdi>;
  let offset = 0;
  return (
    <bdi className="revealed">
      {parts.flatMap((part) => {
        const at = offset;
        offset += part.text.length;
        if (part.kind === "hidden") return [<HiddenCharacter key={at} code={part.code} />];
        if (!line) return [<bdi key={at}>{part.text}</bdi>];
        return part.text
          .split(/([\n\t])/)
          .filter((piece) => piece !== "")
          .map((piece, index) => {
            const key = `${String(at)}.${String(index)}`;
            return piece === "\n" || piece === "\t" ? (
              <HiddenCharacter key={key} code={codePointName(piece)} />
            ) : (
              <bdi key={key}>{piece}</bdi>
            );
          });
      })}
    </bdi>
  );
}

function HiddenCharacter({ code }: { readonly code: string }) {
  return (
    <span className="hidden-char" title={messages.common.hiddenCharacter(code)}>
      ⟨{code}⟩
    </span>
  );
}
