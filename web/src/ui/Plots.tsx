import { historyLength } from '../call/statistics';
import type { Sample } from '../call/statistics';
import { useWords } from '../i18n';
import { Plot } from './Plot';

export function Plots({ history }: { history: readonly Sample[] }) {
  const { plots } = useWords();
  const at = history.map((sample) => sample.at);
  const values = (pick: (sample: Sample) => number | undefined) => history.map(pick);
  return (
    <section data-testid="plots">
      <h3>
        {plots.heading}
        <span className="muted">{plots.span(historyLength)}</span>
      </h3>
      <Plot
        name={plots.bitrate}
        at={at}
        floor={100}
        format={bitrate}
        lines={[
          { name: plots.received, values: values((sample) => sample.received) },
          { name: plots.sent, values: values((sample) => sample.sent) },
        ]}
      />
      <Plot
        name={plots.rtt}
        at={at}
        floor={10}
        format={milliseconds}
        lines={[{ values: values((sample) => sample.roundTripTime) }]}
      />
      <Plot name={plots.loss} at={at} floor={5} format={percent} lines={[{ values: values((sample) => sample.loss) }]} />
    </section>
  );
}

// Symbols of units, which no language translates.
const bitrate = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toFixed(1)} Mbit/s` : `${Math.round(value)} kbit/s`;
const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const percent = (value: number): string => `${value.toFixed(1)} %`;
