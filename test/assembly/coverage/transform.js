/** A transform of the compiler: every statement of assembly/ says first that it runs. */
import { Node, NodeKind } from 'assemblyscript';
import { Transform } from 'assemblyscript/transform';
import { points } from './points.js';

/** Statements in which others are, by the names of their fields. */
const INNER = ['ifTrue', 'ifFalse', 'body', 'bodyStatement'];
const LISTS = ['statements', 'bodyStatements', 'catchStatements', 'finallyStatements'];

export default class Coverage extends Transform {
  afterParse(parser) {
    for (const { normalizedPath, statements } of parser.sources)
      if (normalizedPath.startsWith('assembly/')) statements.forEach(declared);
  }
}

function declared(node) {
  switch (node.kind) {
    case NodeKind.ClassDeclaration:
    case NodeKind.NamespaceDeclaration:
      node.members.forEach(declared);
      break;
    case NodeKind.FunctionDeclaration:
    case NodeKind.MethodDeclaration:
      if (node.body === null) break;
      points.functions.push({ ...placeOf(node), name: node.name.text, id: points.lines.length });
      node.body = block(node.body);
  }
}

function placeOf({ range }) {
  return { file: range.source.normalizedPath, line: range.source.lineAt(range.start) };
}

function hit(node) {
  const { range } = node;
  const id = points.lines.push(placeOf(node)) - 1;
  const number = Node.createIntegerLiteralExpression(i64_new(id, 0), range);
  const call = Node.createCallExpression(
    Node.createIdentifierExpression('__hit', range),
    null,
    [number],
    range,
  );
  return Node.createExpressionStatement(call);
}

function block(node) {
  const statements = node.kind === NodeKind.Block ? node.statements : [node];
  return Node.createBlockStatement(covered(statements), node.range);
}

function covered(statements) {
  return statements.flatMap((node) => {
    if (node.kind === NodeKind.Block) return [block(node)];
    const before = hit(node);
    for (const name of INNER) if (node[name]) node[name] = block(node[name]);
    for (const name of LISTS) if (node[name]) node[name] = covered(node[name]);
    // A switch's.
    for (const one of node.cases ?? []) one.statements = covered(one.statements);
    return [before, node];
  });
}
