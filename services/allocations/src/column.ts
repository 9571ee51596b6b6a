/** Entry `index` of a column. Throws a RangeError when the column ends before: columns of one table are equally long. */
export function entry<Value>(column: readonly Value[], index: number): Value {
  const value = column[index];
  if (value === undefined) throw new RangeError(`a column ends before entry ${index}`);
  return value;
}
