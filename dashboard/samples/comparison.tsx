import { useRef, useState } from "preact/hooks";
import { MediaView } from "./media.tsx";
import type { Sample } from "./sample.ts";
import { Stage, transformOf } from "./stage.tsx";
import type { Zoom } from "./zoom.ts";

type Mode = "swipe" | "beside" | "flicker";
const MODES: readonly { mode: Mode; name: string }[] = [
  { mode: "swipe", name: "Swipe" },
  { mode: "beside", name: "Side by side" },
  { mode: "flicker", name: "Hold to switch" },
];
const KEY_STEP = 2;

/** Two pictures, enlarged together: a divider between them, one beside the other, or one in place of the other while it is held. */
export function Comparison({ a, b, zoom, onZoom }: { a: Sample; b: Sample; zoom: Zoom; onZoom: (zoom: Zoom) => void }) {
  const [mode, setMode] = useState<Mode>("swipe");
  const [holding, setHolding] = useState(false);
  return (
    <div class="comparison">
      <fieldset class="comparison-modes buttons" aria-label="How they are compared">
        {MODES.map(({ mode: each, name }) => (
          <button key={each} type="button" class="quiet small" aria-pressed={mode === each} onClick={() => setMode(each)}>
            {name}
          </button>
        ))}
      </fieldset>
      {mode === "swipe" && <Swipe a={a} b={b} zoom={zoom} onZoom={onZoom} />}
      {mode === "beside" && (
        <div class="beside">
          {[a, b].map((sample, index) => (
            <Stage key={sample.sample_id} zoom={zoom} onZoom={onZoom}>
              <div class="zoomed" style={transformOf(zoom)}>
                <MediaView sample={sample} />
              </div>
              <span class="letter">{index === 0 ? "A" : "B"}</span>
            </Stage>
          ))}
        </div>
      )}
      {mode === "flicker" && (
        <Stage zoom={zoom} onZoom={onZoom}>
          {[a, b].map((sample, index) => (
            <div key={sample.sample_id} class="layer" style={{ visibility: (index === 0) === holding ? "visible" : "hidden" }}>
              <div class="zoomed" style={transformOf(zoom)}>
                <MediaView sample={sample} />
              </div>
            </div>
          ))}
          <button
            type="button"
            class="letter"
            onPointerDown={() => setHolding(true)}
            onPointerUp={() => setHolding(false)}
            onPointerLeave={() => setHolding(false)}
            onKeyDown={(event) => event.key === " " && setHolding(true)}
            onKeyUp={() => setHolding(false)}
          >
            {holding ? "A" : "B (hold: A)"}
          </button>
        </Stage>
      )}
    </div>
  );
}

function Swipe({ a, b, zoom, onZoom }: { a: Sample; b: Sample; zoom: Zoom; onZoom: (zoom: Zoom) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [percent, setPercent] = useState(50);
  const put = (to: number) => setPercent(Math.min(100, Math.max(0, to)));
  const drag = (event: PointerEvent) => {
    if (event.buttons === 0) return;
    const bounds = box.current?.getBoundingClientRect();
    if (bounds) put(((event.clientX - bounds.left) / bounds.width) * 100);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = { ArrowLeft: -KEY_STEP, ArrowRight: KEY_STEP, Home: -100, End: 100 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    put(percent + step);
  };
  return (
    <div class="swipe" ref={box}>
      <Stage zoom={zoom} onZoom={onZoom}>
        <div class="layer">
          <div class="zoomed" style={transformOf(zoom)}>
            <MediaView sample={b} />
          </div>
        </div>
        <div class="layer" style={{ clipPath: `inset(0 ${100 - percent}% 0 0)` }}>
          <div class="zoomed" style={transformOf(zoom)}>
            <MediaView sample={a} />
          </div>
        </div>
        <span class="letter a">A</span>
        <span class="letter b">B</span>
        <div
          class="divider"
          role="slider"
          tabIndex={0}
          aria-label="Divider between A and B"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(percent)}
          style={{ left: `${percent}%` }}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={drag}
          onKeyDown={onKeyDown}
        />
      </Stage>
    </div>
  );
}
