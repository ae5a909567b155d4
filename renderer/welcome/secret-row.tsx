import { ArrowRight } from "lucide-react";
import { messages } from "../messages.ts";
import { placeWords } from "../messages/migration.ts";
import { Badge } from "../ui/badge.tsx";
import { Checkbox } from "../ui/checkbox.tsx";
import { Revealed } from "../ui/revealed.tsx";
import type { SecretLine } from "./choice.ts";
import { useWizard } from "./migration-context.tsx";

/** One value: where it stands, why it is taken for a secret, how it begins, and whether it moves. */
export function SecretRow({
  line,
  ticked,
  name,
  exists,
}: {
  readonly line: SecretLine;
  readonly ticked: boolean;
  /** What it is called in the keychain, as the plan has it. */
  readonly name: string;
  readonly exists: boolean;
}) {
  const wizard = useWizard();
  const { secret } = line;
  const words = messages.migration;
  const place = placeWords(secret.place);
  return (
    <li className="secret-row">
      <Checkbox checked={ticked} label={words.review.moves(place)} onChange={(on) => wizard.tick(line.ids, on)}>
        <span className="secret-main">
          <span className="secret-line">
            <code className="strong unbroken">
              <Revealed text={place} line />
            </code>
            <code className="quiet">
              <Revealed text={secret.prefix} line />…
            </code>
            <span className="small faint">{words.found.characters(secret.length)}</span>
            {secret.class === "probable" ? <Badge>{words.classes.probable}</Badge> : null}
          </span>
          <span className="small quiet unbroken">
            {ticked ? (
              <>
                <ArrowRight size={12} className="inline-icon arrow" aria-hidden="true" />
                <span className="sr-only">{words.review.to} </span>
                <code>
                  <Revealed text={name} line />
                </code>
                {exists ? `, ${words.review.exists}` : ""}
                {" · "}
              </>
            ) : secret.class === "unlikely" ? null : (
              <>
                <span className="amber-text">{words.review.plain}</span>
                {" · "}
              </>
            )}
            <Revealed text={secret.reason} />
            {line.elsewhere === 0 ? null : ` · ${words.review.elsewhere(line.elsewhere)}`}
          </span>
        </span>
      </Checkbox>
    </li>
  );
}
