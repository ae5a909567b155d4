import { useEffect, useState, type RefObject } from "react";

/** Whether the end of a list (its last child) was in sight since it last became another one (`content`). Nobody can accept what they cannot have seen. */
export function useEndSeen(list: RefObject<Element | null>, content: string): boolean {
  const [seen, setSeen] = useState<string | null>(null);
  useEffect(() => {
    const end = list.current?.lastElementChild ?? null;
    if (end === null) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(content);
    });
    observer.observe(end);
    return () => observer.disconnect();
  }, [list, content]);
  return seen === content;
}
