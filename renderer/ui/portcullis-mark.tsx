/** The gate, as in the tray: raised when calls may pass, lowered when they may not. */
export function PortcullisMark({ lowered, size = 20 }: { readonly lowered: boolean; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d="M3 21V11a9 9 0 0 1 18 0v10" />
      {lowered ? (
        <path d="M8 4v15l-.8 2M12 3v18M16 4v15l.8 2M3.4 9h17.2M3 14h18" />
      ) : (
        <path d="M8 4v6.5l-.8 2M12 3v9.5M16 4v6.5l.8 2M3.6 8h16.8" />
      )}
    </svg>
  );
}
