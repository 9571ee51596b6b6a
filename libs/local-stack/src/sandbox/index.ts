export type { FaultKind } from './engine/faults.ts';
export { type RunningSandbox, type SandboxOptions, type Simulated, startSandbox } from './start-sandbox.ts';
