/**
 * All engines, by the names that the configuration knows.
 */
import type { CreateEngine } from './engine.js';
import { createHttpProxyEngine } from './http-proxy.js';
import { createNativeEngine } from './native/native.js';

export const engines: Readonly<Record<'native' | 'http-proxy', CreateEngine>> = {
  native: createNativeEngine,
  'http-proxy': createHttpProxyEngine,
};
