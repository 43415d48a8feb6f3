/**
 * Source files as the rules see them: text, syntax tree (the compiler's, never a regular expression's) and imports.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

export interface Source {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path of the source when the specifier is relative. */
  readonly target: string | undefined;
  readonly line: number;
  /** Not an import but a file's URL (`new URL('./x.js', import.meta.url)`): a use without a dependency. */
  readonly byUrl: boolean;
}

export function createSource(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  visit(tree, (node) => {
    const found = specifierOf(node);
    if (found === undefined) return;
    imports.push({ specifier: found.text, target: targetOf(path, found.text), line: lineOf(tree, node), byUrl: ts.isNewExpression(node) });
  });
  return { path, text, tree, imports };
}

/** Calls back for each node, parents first. */
export function visit(node: ts.Node, onNode: (node: ts.Node) => void): void {
  onNode(node);
  ts.forEachChild(node, (child) => visit(child, onNode));
}

/** Counted from 1; of the node itself, not of the comments before it. */
export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** `import … from`, `export … from`, `import()`, `import('…')` as a type, and `new URL('…', import.meta.url)`. */
function specifierOf(node: ts.Node): ts.StringLiteralLike | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return literal(node.arguments[0]);
  if (ts.isNewExpression(node) && node.expression.getText() === 'URL' && node.arguments?.[1]?.getText() === 'import.meta.url') {
    return literal(node.arguments[0]);
  }
  return undefined;
}

function literal(node: ts.Node | undefined): ts.StringLiteralLike | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node : undefined;
}

function targetOf(from: string, specifier: string): string | undefined {
  if (!/^\.{1,2}\//.test(specifier)) return undefined;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** All files under those of these folders that are there, with names that end so. */
export function listFiles(root: string, folders: readonly string[], ending: RegExp): string[] {
  return folders.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && ending.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1).replaceAll('\\', '/'))
      .filter((path) => !path.includes('node_modules/')),
  );
}

export function readSources(root: string, folders: readonly string[]): Source[] {
  return listFiles(root, folders, /\.[cm]?ts$/).map((path) => createSource(path, readFileSync(join(root, path), 'utf8')));
}
