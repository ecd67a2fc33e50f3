import { useEffect, useState } from "preact/hooks";
import { account } from "../session/session.ts";

/**
 * A picture of the relay. The session cookie shows it; where the browser keeps none (plain http on a local network), it is fetched with
 * the token and shown from memory.
 */
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
  const [source, setSource] = useState<{ kind: "cookie" } | { kind: "token" } | { kind: "memory"; url: string } | { kind: "failed" }>({
    kind: "cookie",
  });
  const { kind } = source;

  useEffect(() => {
    if (kind !== "token") return;
    const reading = new AbortController();
    void readPicture(path, reading.signal).then((url) => {
      if (!reading.signal.aborted) setSource(url === null ? { kind: "failed" } : { kind: "memory", url });
      else if (url !== null) URL.revokeObjectURL(url);
    });
    return () => reading.abort();
  }, [kind, path]);
  useEffect(
    () => () => {
      if (source.kind === "memory") URL.revokeObjectURL(source.url);
    },
    [source],
  );

  if (source.kind === "token") return <span class="no-picture" />;
  if (source.kind === "failed") return <span class="no-picture muted">Picture not available</span>;
  return (
    <img
      src={source.kind === "memory" ? source.url : path}
      alt={alt}
      width={width}
      height={height}
      loading={eager ? "eager" : "lazy"}
      decoding="async"
      onError={() => setSource(kind === "cookie" ? { kind: "token" } : { kind: "failed" })}
    />
  );
}

/** @returns an address of the picture in memory, to be revoked, or null */
async function readPicture(path: string, signal: AbortSignal): Promise<string | null> {
  const { value } = account;
  if (value.kind !== "in") return null;
  try {
    const response = await fetch(path, { headers: { authorization: `Bearer ${value.token}` }, signal });
    return response.ok ? URL.createObjectURL(await response.blob()) : null;
  } catch {
    return null;
  }
}
