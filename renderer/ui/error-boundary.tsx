import { Component, type ReactNode } from "react";
import { messages } from "../messages.ts";
import { Banner } from "./banner.tsx";
import { Button } from "./button.tsx";

interface Props {
  readonly children: ReactNode;
}

/** A part that cannot be drawn says so and takes nothing else down; a question that cannot be drawn cannot be allowed. */
export class ErrorBoundary extends Component<Props, { readonly broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { readonly broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <Banner
        hue="red"
        live
        title={messages.errors.title}
        action={<Button onClick={() => globalThis.location.reload()}>{messages.errors.reload}</Button>}
      >
        {messages.errors.crashed}
      </Banner>
    );
  }
}
