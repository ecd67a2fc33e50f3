import type { LogLevel } from "../../protocol/index.ts";
import { count } from "../time/format.ts";
import { type Filter, LEVELS, rankOf } from "./filter.ts";
import type { LogView } from "./log-view.ts";

export type Settings = { wrap: boolean; time: boolean };

type Props = {
  view: LogView;
  filter: Filter;
  onFilter: (filter: Filter) => void;
  settings: Settings;
  onSettings: (settings: Settings) => void;
  /** Which match is stood at. */
  current: number | null;
  onGo: (step: 1 | -1) => void;
  onDownload: () => void;
};

const NAMES: Record<LogLevel, string> = {
  debug: "All levels",
  info: "Info and above",
  warning: "Warnings and above",
  error: "Errors",
  critical: "Critical",
};

/** Search, filters, and how lines are shown. */
export function LogToolbar({ view, filter, onFilter, settings, onSettings, current, onGo, onDownload }: Props) {
  const { search, matches, sources } = view;
  const found = search.kind === "pattern" ? `${current === null ? "" : `${count(current + 1)} of `}${count(matches.length)}` : "";
  return (
    <div class="log-tools">
      <div class="log-search">
        <input
          type="search"
          placeholder="Search"
          aria-label="Search the log"
          data-shortcut="/"
          value={filter.query}
          aria-invalid={search.kind === "invalid"}
          onInput={(event) => onFilter({ ...filter, query: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key === "Enter") onGo(event.shiftKey ? -1 : 1);
            else if (event.key === "Escape") onFilter({ ...filter, query: "" });
            else return;
            event.preventDefault();
          }}
        />
        <button
          type="button"
          class="quiet small"
          aria-pressed={filter.isPattern}
          title="Regular expression"
          onClick={() => onFilter({ ...filter, isPattern: !filter.isPattern })}
        >
          .*
        </button>
        {filter.query !== "" && (
          <>
            <button type="button" class="quiet small" aria-label="Match before" disabled={matches.length === 0} onClick={() => onGo(-1)}>
              ↑
            </button>
            <button type="button" class="quiet small" aria-label="Next match" disabled={matches.length === 0} onClick={() => onGo(1)}>
              ↓
            </button>
            <button
              type="button"
              class="quiet small"
              aria-pressed={filter.onlyMatches}
              onClick={() => onFilter({ ...filter, onlyMatches: !filter.onlyMatches })}
            >
              Only these
            </button>
          </>
        )}
        <span class="muted figure log-found" role="status">
          {search.kind === "invalid" ? search.message : found}
        </span>
      </div>
      <div class="log-choices">
        <select
          aria-label="Level"
          value={filter.level}
          onChange={(event) => onFilter({ ...filter, level: event.currentTarget.value as LogLevel })}
        >
          {LEVELS.map((level) => (
            <option key={level} value={level}>
              {NAMES[level]} ({count(view.countFrom(rankOf(level)))})
            </option>
          ))}
        </select>
        {sources.length > 1 && (
          <select
            aria-label="Source"
            value={filter.source ?? ""}
            onChange={(event) => onFilter({ ...filter, source: event.currentTarget.value || null })}
          >
            <option value="">All sources</option>
            {sources.map((source) => (
              <option key={source} value={source}>
                {source}
              </option>
            ))}
          </select>
        )}
        <button
          type="button"
          class="quiet small"
          aria-pressed={settings.wrap}
          onClick={() => onSettings({ ...settings, wrap: !settings.wrap })}
        >
          Wrap
        </button>
        <button
          type="button"
          class="quiet small"
          aria-pressed={settings.time}
          onClick={() => onSettings({ ...settings, time: !settings.time })}
        >
          Time
        </button>
        <button type="button" class="quiet small" onClick={onDownload}>
          Download
        </button>
      </div>
    </div>
  );
}
