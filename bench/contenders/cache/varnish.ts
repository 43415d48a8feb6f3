/**
 * Varnish: 64 MiB of memory, two pools of threads as it ships, on the one core.
 */
import { installed, type Contender, type Place } from '../../harness/contender.js';

const program = installed({
  ...{ name: 'varnish', title: 'Varnish', program: 'varnishd', debian: 'varnish', versionFlag: '-V' },
  files: () => ({}),
  args: ({ address, port, origin }) => ['-F', '-a', `${address}:${port}`, '-b', origin, '-s', 'malloc,64m', '-T', 'none', '-j', 'none'],
});

/** It wants to be told its directory by an absolute path. */
export const varnish: Contender = {
  ...program,
  find() {
    const found = program.find();
    return 'debian' in found ? found : { ...found, program: '/bin/sh' };
  },
  args(place: Place) {
    const found = program.find();
    return ['-c', `exec ${'debian' in found ? '' : found.program} -n "$PWD/varnish" ${program.args(place).join(' ')}`];
  },
};
