import { createHttpProxyEngine } from '../../../src/proxy/engines/http-proxy.js';
import { engineSuite } from '../../support/engine-suite.js';

engineSuite('http-proxy', createHttpProxyEngine);
