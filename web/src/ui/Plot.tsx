import { historyLength } from '../call/statistics';
import { useWords } from '../i18n';

export interface Line {
  /** Needed where there is more than one. */
  name?: string;
  values: readonly (number | undefined)[];
}

interface Props {
  name: string;
  /** The times of the values, in milliseconds. */
  at: readonly number[];
  lines: readonly Line[];
  format(value: number): string;
  /** The least that the height stands for, so that noise does not look like a mountain. */
  floor: number;
}

const width = 360;
const height = 56;

/** One quantity over the last minutes, as a line; the latest value and the highest in words. */
export function Plot({ name, at, lines, format, floor }: Props) {
  const words = useWords();
  const all = lines.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const highest = Math.max(0, ...all);
  const top = niceTop(Math.max(floor, highest));
  const now = lines.map((line) => latest(line, format) ?? words.plots.nothing).join(', ');
  return (
    <figure className="plot">
      <figcaption>
        <span>{name}</span>
        <span className="now">
          {lines.map((line, index) => (
            <span key={index} className={`key line-${index}`}>
              {latest(line, format) ?? '–'}
            </span>
          ))}
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words.plots.summary(name, now, format(highest))}
      >
        <path className="grid" d={`M0 ${height / 2}H${width}M0 ${height - 0.5}H${width}M0 .5H${width}`} />
        {lines.map(({ values }, index) => (
          <path key={index} className={`line line-${index}`} d={trace(at, values, top)} />
        ))}
      </svg>
      <span className="top-value" aria-hidden="true">
        {format(top)}
      </span>
    </figure>
  );
}

function latest({ name, values }: Line, format: (value: number) => string): string | undefined {
  const value = values.at(-1);
  if (value === undefined) return undefined;
  return name ? `${name} ${format(value)}` : format(value);
}

/** The next of 1, 2, 5, 10, 20... */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

/** The newest value is at the right edge; where nothing was measured the line is broken. */
function trace(at: readonly number[], values: readonly (number | undefined)[], top: number): string {
  const end = at.at(-1) ?? 0;
  let drawing = false;
  return values
    .map((value, index) => {
      if (value === undefined) {
        drawing = false;
        return '';
      }
      const x = width * (1 - (end - (at[index] ?? end)) / (historyLength * 1000));
      const y = height - 1 - (height - 2) * (value / top);
      const command = drawing ? 'L' : 'M';
      drawing = true;
      return `${command}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
