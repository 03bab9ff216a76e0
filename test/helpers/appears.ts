import { existsSync, watch } from 'node:fs';
import { dirname } from 'node:path';

/** Waits until a file is there. */
export async function appears(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  try {
    await new Promise<void>((resolve) => {
      watcher.on('change', () => {
        if (existsSync(path)) resolve();
      });
      if (existsSync(path)) resolve();
    });
  } finally {
    watcher.close();
  }
}
