import { useEffect, useRef, type ReactNode } from "react";
import { Revealed } from "../ui/revealed.tsx";

/** One step of the wizard: what it says, and at the bottom what can be done. The headline takes the focus, so that it is read out first. */
export function WelcomeFrame({
  title,
  text,
  foot,
  children,
}: {
  readonly title: string;
  readonly text?: string | undefined;
  readonly foot?: ReactNode;
  readonly children?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <div className="welcome-body">
        <div className="welcome-column">
          <header className="welcome-head">
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {text === undefined ? null : <p className="quiet">{text}</p>}
          </header>
          {children}
        </div>
      </div>
      {foot === undefined ? null : (
        <footer className="welcome-foot">
          <div className="welcome-foot-row">{foot}</div>
        </footer>
      )}
    </>
  );
}

/** A path as its owner wrote it: in full, wrapping anywhere. */
export function PathText({ path }: { readonly path: string }) {
  return (
    <code className="path unbroken">
      <Revealed text={path} line />
    </code>
  );
}
