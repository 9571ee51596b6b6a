import { createServer } from 'node:net';

/** How many ports above a preferred one are tried. */
const steps = 200;

/**
 * A port of 127.0.0.1 on which nobody listens: the preferred one or the next free one above it; without a preference,
 * any that the system offers. It is not reserved: whoever asked has to cope when another process is faster.
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred === undefined || preferred === 0) {
    const port = await tryPort(0);
    if (port === null) throw new Error('The system offers no free port on 127.0.0.1.');
    return port;
  }
  for (let port = preferred; port < Math.min(preferred + steps, 65_536); port++) {
    if ((await tryPort(port)) !== null) return port;
  }
  throw new Error(`Ports ${preferred} to ${preferred + steps - 1} of 127.0.0.1 are all taken.`);
}

/** Whether somebody listens on the port of 127.0.0.1. */
export async function isTaken(port: number): Promise<boolean> {
  return (await tryPort(port)) === null;
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : null));
    });
  });
}
