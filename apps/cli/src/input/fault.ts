/** Something wrong in an input file: where (line and column where they are known) and why, in words for the file's author. */
export interface Fault {
  readonly file: string;
  readonly line: number | null;
  /** The column's name in the header. */
  readonly column: string | null;
  readonly reason: string;
}

const listedFaults = 50;

/** Collects faults: the first fifty are kept, all are counted. */
export class Faults {
  readonly listed: Fault[] = [];
  count = 0;

  add(fault: Fault): void {
    this.count += 1;
    if (this.listed.length < listedFaults) this.listed.push(fault);
  }
}

/** The input cannot be loaded; nothing was changed. */
export class InputRefused extends Error {
  override readonly name = 'InputRefused';
  readonly faults: Faults;

  constructor(faults: Faults) {
    super(describeFaults(faults));
    this.faults = faults;
  }
}

function describeFaults({ listed, count }: Faults): string {
  const more = count - listed.length;
  return [
    `The input was refused and nothing was changed: ${count} ${count === 1 ? 'fault' : 'faults'}.`,
    ...listed.map(describeFault),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join('\n');
}

/** `supporters.csv, line 17, column monthly_cents: …` */
export function describeFault({ file, line, column, reason }: Fault): string {
  const place = [file, line === null ? null : `line ${line}`, column === null ? null : `column ${column}`];
  return `${place.filter((part) => part !== null).join(', ')}: ${reason}`;
}
