/**
 * Rules that one file can keep or break by itself.
 */
import ts from 'typescript';
import { at, inHouse, type Rule, type Violation } from './rule.js';
import { lineOf, visit, type Source } from './source.js';

/** A rule about single nodes of files of the house. */
function nodeRule(name: string, check: (node: ts.Node, source: Source) => Violation | undefined): Rule {
  return {
    name,
    check: (sources) =>
      sources.filter(inHouse).flatMap((source) => {
        const found: Violation[] = [];
        visit(source.tree, (node) => {
          const violation = check(node, source);
          if (violation !== undefined) found.push(violation);
        });
        return found;
      }),
  };
}

const bannedGlobals = new Set(['setTimeout', 'setInterval', 'setImmediate', 'console']);
const bannedMembers = new Set(['Date.now', 'performance.now', 'Math.random', 'process.hrtime', 'AbortSignal.timeout']);
const bannedModules = new Set(['node:timers', 'node:timers/promises']);

/** Time, randomness and output come in by parameter, so that tests and the simulator can pass their own. */
const effects = nodeRule('effects', (node, source) => {
  const what = effectOf(node);
  return what === undefined ? undefined : at(source, node, `${what} is an effect: take a Clock, Random or Log as a parameter`, what);
});

function effectOf(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) && bannedGlobals.has(node.text) && isReference(node)) return node.text;
  if (ts.isStringLiteral(node) && ts.isImportDeclaration(node.parent) && bannedModules.has(node.text)) return node.text;
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0) return 'new Date()';
  if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return 'Date()';
  if (ts.isElementAccessExpression(node)) {
    const { expression, argumentExpression } = node;
    return ts.isStringLiteralLike(argumentExpression) ? memberOf(expression, argumentExpression.text) : undefined;
  }
  return ts.isPropertyAccessExpression(node) ? memberOf(node.expression, node.name.text) : undefined;
}

function memberOf(object: ts.Expression, name: string): string | undefined {
  const owner = object.getText().replace(/^(globalThis|global)\.?/, '');
  if (owner === '') return bannedGlobals.has(name) ? name : undefined;
  return bannedMembers.has(`${owner}.${name}`) ? `${owner}.${name}` : undefined;
}

/** The global itself, and not a member, a property or a type that happens to have its name. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isTypeQueryNode(parent) || ts.isQualifiedName(parent) || ts.isImportSpecifier(parent)) return false;
  const isProperty = ts.isPropertyAssignment(parent) || ts.isClassElement(parent) || ts.isTypeElement(parent);
  return !(isProperty && parent.name === node);
}

const enums = nodeRule('enums', (node, source) =>
  ts.isEnumDeclaration(node) ? at(source, node, 'an enum: write a union of literals, or a tuple `as const`') : undefined,
);

const defaultExports = nodeRule('default-exports', (node, source) => {
  const assigned = ts.isExportAssignment(node);
  const renamed = ts.isExportSpecifier(node) && node.name.text === 'default';
  const modified = ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
  return assigned || renamed || modified ? at(source, node, 'a default export: give it a name') : undefined;
});

const inheritance = nodeRule('inheritance', (node, source) => {
  if (!ts.isHeritageClause(node) || node.token !== ts.SyntaxKind.ExtendsKeyword || !ts.isClassLike(node.parent)) return undefined;
  const base = node.types[0]?.expression.getText() ?? '';
  return base.endsWith('Error') ? undefined : at(source, node, `extends ${base}: compose instead; only errors inherit`);
});

const functionLinesMax = 70;

const functionLength = nodeRule('function-length', (node, source) => {
  if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return undefined;
  const lines = source.tree.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(source.tree, node);
  return lines > functionLinesMax ? at(source, node, `a function of ${lines} lines; at most ${functionLinesMax}, better 20`) : undefined;
});

const fileLinesMax = 300;
const fileLinesHardMax = 400;

const fileLength: Rule = {
  name: 'file-length',
  check: (sources) =>
    sources.flatMap((source) => {
      const most = inHouse(source) ? fileLinesMax : fileLinesHardMax;
      const lines = source.text.split('\n').length - 1;
      const what = lines > fileLinesHardMax ? 'more than any exception allows' : '';
      return lines > most ? [{ path: source.path, line: most + 1, text: `${lines} lines; at most ${most}`, what }] : [];
    }),
};

const lineWidthMax = 140;

/** A line counts without the insides of its strings, which are better left whole. */
const lineWidth: Rule = {
  name: 'line-width',
  check: (sources) =>
    sources.flatMap((source) => {
      const { path, text, tree } = source;
      const widths = text.split('\n').map((line) => line.length);
      if (Math.max(...widths) <= lineWidthMax) return [];
      visit(tree, (node) => {
        if (!ts.isStringLiteral(node) && !ts.isTemplateLiteralToken(node) && !ts.isRegularExpressionLiteral(node)) return;
        const line = lineOf(tree, node) - 1;
        widths[line] = (widths[line] ?? 0) - (node.end - node.getStart(tree)) + 2;
      });
      const found = widths.map((width, index) => ({ path, line: index + 1, text: `${width} columns; at most ${lineWidthMax}`, what: '' }));
      return found.filter((_, index) => (widths[index] ?? 0) > lineWidthMax);
    }),
};

const forbiddenFolders = new Set(['utils', 'util', 'common', 'helpers', 'helper', 'core', 'misc', 'lib']);

const folderNames: Rule = {
  name: 'folder-names',
  check: (sources) =>
    sources.flatMap(({ path }) => {
      const folder = path.split('/').slice(0, -1).find((name) => forbiddenFolders.has(name));
      return folder === undefined ? [] : [{ path, line: 1, text: `a folder named ${folder} says nothing: name it by its noun`, what: folder }];
    }),
};

const openingComment: Rule = {
  name: 'opening-comment',
  check: (sources) =>
    sources.filter(inHouse).flatMap(({ path, text }) => {
      const start = ts.getShebang(text)?.length ?? 0;
      const first = ts.getLeadingCommentRanges(text, start)?.[0];
      const opens = first !== undefined && text.slice(start, first.pos).trim() === '';
      return opens ? [] : [{ path, line: 1, text: 'opens without a comment that says what the file owns, what it promises, and why this way', what: '' }];
    }),
};

const skipWords = new Set(['skip', 'skipIf', 'runIf']);

/** A test that runs alone or not at all must not stay so unnoticed. */
const skippedTests: Rule = {
  name: 'skipped-tests',
  check: (sources) =>
    sources.flatMap((source) => {
      const found: Violation[] = [];
      visit(source.tree, (node) => {
        if (!ts.isPropertyAccessExpression(node) || !/^(it|test|describe|suite)\b/.test(node.expression.getText())) return;
        const word = node.name.text;
        if (word === 'only' || word === 'todo') found.push(at(source, node.name, `.${word} must not stay`));
        if (skipWords.has(word) && !hasComment(source, node)) found.push(at(source, node.name, `.${word} needs its reason in a comment beside it`));
      });
      return found;
    }),
};

/** In the node's first line, or alone in the line before. */
function hasComment({ text, tree }: Source, node: ts.Node): boolean {
  const lines = text.split('\n');
  const line = lineOf(tree, node);
  return /^\s*(\/\/|\/\*|\*)/.test(lines[line - 2] ?? '') || /\s\/\/ /.test(lines[line - 1] ?? '');
}

const machinePath = /\/(?:home|Users)\/[a-z]|\/root\/\.?\w|\/work\/(?:main|shared)\b/;

/** Works on any text, also on pages that are no source. */
export function machinePathsIn(path: string, text: string): Violation[] {
  return text.split('\n').flatMap((line, index) => {
    const found = machinePath.exec(line)?.[0];
    return found === undefined ? [] : [{ path, line: index + 1, text: `${found}… is a path of one machine`, what: found }];
  });
}

const machinePaths: Rule = { name: 'machine-paths', check: (sources) => sources.flatMap(({ path, text }) => machinePathsIn(path, text)) };

export const fileRules: readonly Rule[] = [
  effects,
  enums,
  defaultExports,
  inheritance,
  functionLength,
  fileLength,
  lineWidth,
  folderNames,
  openingComment,
  skippedTests,
  machinePaths,
];
