import { useEffect, useState } from "preact/hooks";
import { account } from "../session/session.ts";

type Source = { kind: "cookie" } | { kind: "token" } | { kind: "memory"; url: string } | { kind: "failed" };

/**
 * Where something of the relay can be shown from. The session cookie does for most; where the browser keeps none (plain http on a local
 * network), it is fetched with the token and shown from memory.
 * @returns the address: null where there is none, undefined while it is being read; `onError` is for the element that shows it
 */
export function useReadable(path: string): { source: string | null | undefined; onError: () => void } {
  const [source, setSource] = useState<Source>({ kind: "cookie" });
  const { kind } = source;
  useEffect(() => setSource({ kind: "cookie" }), [path]);
  useEffect(() => {
    if (kind !== "token") return;
    const reading = new AbortController();
    void readBlob(path, reading.signal).then((blob) => {
      if (!reading.signal.aborted) setSource(blob === null ? { kind: "failed" } : { kind: "memory", url: URL.createObjectURL(blob) });
    });
    return () => reading.abort();
  }, [kind, path]);
  useEffect(
    () => () => {
      if (source.kind === "memory") URL.revokeObjectURL(source.url);
    },
    [source],
  );
  const onError = () => setSource(kind === "cookie" ? { kind: "token" } : { kind: "failed" });
  switch (source.kind) {
    case "cookie":
      return { source: path, onError };
    case "token":
      return { source: undefined, onError };
    case "memory":
      return { source: source.url, onError };
    case "failed":
      return { source: null, onError };
  }
}

/** A picture of the relay. */
export function Picture({
  path,
  alt,
  width,
  height,
  eager = false,
}: {
  path: string;
  alt: string;
  width: number;
  height: number;
  eager?: boolean;
}) {
  const { source, onError } = useReadable(path);
  if (source === undefined) return <span class="no-picture" />;
  if (source === null) return <span class="no-picture muted">Picture not available</span>;
  return (
    <img
      src={source}
      alt={alt}
      width={width}
      height={height}
      loading={eager ? "eager" : "lazy"}
      decoding="async"
      draggable={false}
      onError={onError}
    />
  );
}

/** Reads something of the relay with the token. @returns null where it cannot be had */
export async function readBlob(path: string, signal?: AbortSignal): Promise<Blob | null> {
  const { value } = account;
  if (value.kind !== "in") return null;
  try {
    const response = await fetch(path, { headers: { authorization: `Bearer ${value.token}` }, ...(signal ? { signal } : {}) });
    return response.ok ? await response.blob() : null;
  } catch {
    return null;
  }
}
