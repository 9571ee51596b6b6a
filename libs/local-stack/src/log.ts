/** Receives whole sentences about what a part does and why; never a password. */
export type Log = (sentence: string) => void;
