import { readFileSync } from 'node:fs';
import {
  type ModuleItem,
  parseSync,
  type TsEntityName,
  type TsInterfaceDeclaration,
  type TsLiteralType,
  type TsType,
  type TsTypeElement,
  type TsTypeReference,
} from '@swc/core';
import type { Shape } from '../../libs/local-stack/src/sandbox/engine/shape.ts';

/** A name in declaration files: what it stands for, and the names inside it. */
interface Name {
  readonly outer: Name | null;
  readonly inner: Map<string, Name>;
  meaning: TsInterfaceDeclaration | TsType | null;
}

/** The types that declaration files of Stripe's SDK declare, as what they take on the wire. */
export class SdkTypes {
  readonly #all: Name = { outer: null, inner: new Map(), meaning: null };

  constructor(files: readonly string[]) {
    for (const file of files) {
      const { body } = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript' });
      for (const item of body) this.#declare(this.#all, item);
    }
  }

  /** The shape of a type, its name with dots between. Throws for what no parameter of the SDK is today. */
  shapeOf(name: string): Shape {
    return this.#ofName(name.split('.'), this.#all);
  }

  #declare(into: Name, item: ModuleItem): void {
    const declared = item.type === 'ExportDeclaration' ? item.declaration : item;
    if (
      declared.type !== 'TsInterfaceDeclaration' &&
      declared.type !== 'TsTypeAliasDeclaration' &&
      declared.type !== 'TsModuleDeclaration'
    ) {
      return;
    }
    const name = into.inner.get(declared.id.value) ?? { outer: into, inner: new Map(), meaning: null };
    into.inner.set(declared.id.value, name);
    if (declared.type === 'TsInterfaceDeclaration') name.meaning = declared;
    else if (declared.type === 'TsTypeAliasDeclaration') name.meaning = declared.typeAnnotation;
    else if (declared.body?.type === 'TsModuleBlock')
      for (const inside of declared.body.body) this.#declare(name, inside);
  }

  #ofName(path: readonly string[], from: Name): Shape {
    const name = find(path, from);
    const { meaning } = name;
    if (meaning === null) throw new Error(`${path.join('.')} is a namespace`);
    return meaning.type === 'TsInterfaceDeclaration' ? this.#ofInterface(meaning, name) : this.#of(meaning, name);
  }

  #ofInterface({ body, extends: bases }: TsInterfaceDeclaration, name: Name): Shape {
    const own = this.#ofElements(body.body, name);
    return bases.reduce((shape, { expression }) => {
      if (expression.type !== 'Identifier') throw new Error(`an interface extends a ${expression.type}`);
      return joined(this.#ofName([expression.value], name), shape);
    }, own);
  }

  #ofElements(elements: readonly TsTypeElement[], name: Name): Shape {
    const fields: Record<string, Shape> = {};
    const required: string[] = [];
    for (const element of elements) {
      if (element.type === 'TsIndexSignature') return { map: this.#of(typeIn(element), name) };
      if (element.type !== 'TsPropertySignature') throw new Error(`a parameter is a ${element.type}`);
      const { key, optional } = element;
      if (key.type !== 'Identifier' && key.type !== 'StringLiteral') throw new Error(`a name is a ${key.type}`);
      fields[key.value] = this.#of(typeIn(element), name);
      if (!optional) required.push(key.value);
    }
    return { fields, required };
  }

  #of(type: TsType, name: Name): Shape {
    switch (type.type) {
      case 'TsKeywordType':
        return ofKeyword(type.kind);
      case 'TsLiteralType':
        return { words: [wordOf(type)] };
      case 'TsParenthesizedType':
        return this.#of(type.typeAnnotation, name);
      case 'TsArrayType':
        return { list: this.#of(type.elemType, name) };
      case 'TsTypeLiteral':
        return this.#ofElements(type.members, name);
      case 'TsUnionType':
        // The SDK opens each list of words, for those that a later version may answer with; ours are sent to this one.
        return either(type.types.filter((one) => !isNamed(one, 'OtherString')).map((one) => this.#of(one, name)));
      case 'TsTypeReference':
        return this.#ofReference(type, name);
      default:
        throw new Error(`a parameter is of a ${type.type}`);
    }
  }

  #ofReference({ typeName, typeParams }: TsTypeReference, name: Name): Shape {
    const path = pathOf(typeName);
    const [argument] = typeParams?.params ?? [];
    if (argument === undefined) return path.join('.') === 'Decimal' ? 'text' : this.#ofName(path, name);
    if (path.join('.') === 'Array') return { list: this.#of(argument, name) };
    if (path.join('.') === 'Emptyable') return either(['nothing', this.#of(argument, name)]);
    throw new Error(`${path.join('.')} takes a type`);
  }
}

/** The name that a path means where it stands: of those inside, of those beside, and so on outwards. */
function find(path: readonly string[], from: Name): Name {
  for (let scope: Name | null = from; scope !== null; scope = scope.outer) {
    const found = path.reduce<Name | undefined>((name, part) => name?.inner.get(part), scope);
    if (found !== undefined && (found.meaning !== null || path.length > 1)) return found;
  }
  throw new Error(`${path.join('.')} is declared nowhere`);
}

function pathOf(name: TsEntityName): string[] {
  return name.type === 'Identifier' ? [name.value] : [...pathOf(name.left), name.right.value];
}

function isNamed(type: TsType, name: string): boolean {
  return type.type === 'TsTypeReference' && pathOf(type.typeName).join('.') === name;
}

function typeIn(element: { typeAnnotation?: { typeAnnotation: TsType } }): TsType {
  if (element.typeAnnotation === undefined) throw new Error('a parameter has no type');
  return element.typeAnnotation.typeAnnotation;
}

function ofKeyword(kind: string): Shape {
  if (kind === 'string') return 'text';
  if (kind === 'number' || kind === 'bigint') return 'number';
  if (kind === 'boolean') return 'flag';
  if (kind === 'null') return 'nothing';
  throw new Error(`a parameter is ${kind}`);
}

function wordOf({ literal }: TsLiteralType): string {
  if (literal.type === 'StringLiteral' || literal.type === 'NumericLiteral' || literal.type === 'BooleanLiteral') {
    return String(literal.value);
  }
  throw new Error(`a word is a ${literal.type}`);
}

/** One shape of several: words together, an empty word as nothing. */
function either(shapes: readonly Shape[]): Shape {
  const flat = shapes.flatMap((shape) => (typeof shape === 'object' && 'either' in shape ? shape.either : [shape]));
  const words = flat.flatMap((shape) => (typeof shape === 'object' && 'words' in shape ? shape.words : []));
  const others = flat.filter((shape) => !(typeof shape === 'object' && 'words' in shape));
  const parts: Shape[] = [...new Set(others), ...(words.length === 0 ? [] : [{ words }])];
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { either: parts };
}

function joined(base: Shape, own: Shape): Shape {
  if (typeof base === 'string' || typeof own === 'string' || !('fields' in base) || !('fields' in own)) {
    throw new Error('an interface extends what has no fields');
  }
  const required = [...new Set([...base.required.filter((name) => !(name in own.fields)), ...own.required])];
  return { fields: { ...base.fields, ...own.fields }, required };
}
