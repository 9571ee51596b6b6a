import { execFileSync } from 'node:child_process';
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const ownScope = '@wewrite';

/**
 * Copies the working tree, as it is and without what git ignores. Installed packages are linked, so that a copy costs no
 * more than its sources; our own packages among them lead into the copy.
 */
export function copyTree(root: string, copy: string): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  const paths = [...new Set(listed.toString('utf8').split('\0'))].filter(
    (path) => path !== '' && isFile(join(root, path)),
  );
  for (const path of paths) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    copyFileSync(join(root, path), join(copy, path), constants.COPYFILE_FICLONE);
  }
  linkPackages(root, copy);
  const packages = paths.filter((path) => path.endsWith('/package.json')).map(dirname);
  for (const folder of packages) linkIfThere(join(root, folder, 'node_modules'), join(copy, folder, 'node_modules'));
  // What was downloaded once, Kafka's jars among it.
  linkIfThere(join(root, '.wewrite'), join(copy, '.wewrite'));
}

/** False of what git still lists and is gone. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function linkPackages(root: string, copy: string): void {
  const [from, to] = [join(root, 'node_modules'), join(copy, 'node_modules')];
  mkdirSync(join(to, ownScope), { recursive: true });
  for (const name of readdirSync(from)) {
    // Not those of caches: a copy that wrote there would write into the tree.
    if (name !== ownScope && name !== '.cache') symlinkSync(realpathSync(join(from, name)), join(to, name));
  }
  for (const name of readdirSync(join(from, ownScope))) {
    symlinkSync(readlinkSync(join(from, ownScope, name)), join(to, ownScope, name));
  }
}

function linkIfThere(from: string, to: string): void {
  if (existsSync(from)) symlinkSync(realpathSync(from), to);
}
