/**
 * Bare node:dgram with a delay: a difference that must be detected.
 */
import { inNode, type Place } from '../../harness/contender.js';
import { delay } from '../delay.js';
import { serve as serveWithout } from './node-dgram.js';

export const canary = inNode({ name: 'canary', file: import.meta.url, onlyByName: true });

export const serve = (place: Place): void => serveWithout(place, delay);
