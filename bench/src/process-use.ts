import { readdirSync, readFileSync } from 'node:fs';

/** What a process has used since it began. */
export interface ProcessUse {
  readonly cpuSeconds: number;
  /** The most memory that it ever had resident, in MiB, as the kernel counts it. */
  readonly peakMiB: number;
}

/** Linux counts processor time in hundredths of a second, whatever the machine's timer. */
const ticksPerSecond = 100;

/** What one process has used, without its children. */
export function useOf(pid: number): ProcessUse {
  const { ownTicks } = statOf(pid);
  return { cpuSeconds: ownTicks / ticksPerSecond, peakMiB: peakMiBOf(pid) };
}

/** What a process and its children have used, those that have ended included; the peak is that of the largest one. */
export function useOfFamily(parentPid: number): ProcessUse {
  const children = runningPids().flatMap((pid) => {
    try {
      const stat = statOf(pid);
      return stat.parentPid === parentPid ? [{ ticks: stat.ownTicks, peakMiB: peakMiBOf(pid) }] : [];
    } catch {
      // It has ended since the list was made, and its parent counts it now.
      return [];
    }
  });
  // Last, so that a child that has ended meanwhile is counted.
  const parent = statOf(parentPid);
  const ticks = parent.ownTicks + parent.endedChildrenTicks + children.reduce((sum, child) => sum + child.ticks, 0);
  return {
    cpuSeconds: ticks / ticksPerSecond,
    peakMiB: Math.max(peakMiBOf(parentPid), ...children.map((child) => child.peakMiB)),
  };
}

function runningPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function statOf(pid: number): { parentPid: number; ownTicks: number; endedChildrenTicks: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (position: number) => Number(fields[position - 3]);
  return { parentPid: field(4), ownTicks: field(14) + field(15), endedChildrenTicks: field(16) + field(17) };
}

function peakMiBOf(pid: number): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return peak === undefined ? 0 : Number(peak) / 1024;
}
