import { createNativeEngine } from '../../../src/proxy/engines/native/native.js';
import { engineSuite } from '../../support/engine-suite.js';

engineSuite('native', createNativeEngine);
