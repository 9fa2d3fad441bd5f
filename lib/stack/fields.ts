import * as v from 'valibot';

/*
 * What descriptions are made of. What a schema complains of says what was expected, also of a field that is missing and
 * of one that there is none of.
 */

type Complaint = (issue: v.StrictObjectIssue) => string;

/** An object of these fields and no others. */
export function fields<T extends v.ObjectEntries>(entries: T): v.StrictObjectSchema<T, Complaint> {
  return v.strictObject(entries, ({ expected, received }) => {
    if (expected === 'Object') return `Invalid type: Expected Object but received ${received}`;
    if (expected === 'never') return `Invalid key: Expected one of ${Object.keys(entries).join(', ')}`;
    const { expects } = entries[expected.slice(1, -1)] as v.GenericSchema;
    // A device is one of many, looked up when it is there.
    return `Missing: Expected ${expects === 'unknown' ? 'a device' : expects}`;
  });
}

/** A list of at least one. */
export function some<T extends v.GenericSchema>(
  item: T,
): v.SchemaWithPipe<readonly [v.ArraySchema<T, undefined>, v.MinLengthAction<v.InferOutput<T>[], 1, undefined>]> {
  return v.pipe(v.array(item), v.minLength(1));
}

type Numbers<T extends v.PipeAction<number, number, v.BaseIssue<unknown>>[]> = v.SchemaWithPipe<
  readonly [v.NumberSchema<undefined>, ...T]
>;
type Whole = v.SafeIntegerAction<number, (issue: v.SafeIntegerIssue<number>) => string>;
type AtLeast<N extends number> = v.MinValueAction<number, N, undefined>;

const whole: Whole = v.safeInteger(
  ({ received }) => `Invalid value: Expected a whole number up to 2^53 - 1 but received ${received}`,
);

/** A whole number from 0 up, such as of bytes. */
export const count: Numbers<[Whole, AtLeast<0>]> = v.pipe(v.number(), whole, v.minValue(0));
/** A whole number from 1 up. */
export const positive: Numbers<[Whole, AtLeast<1>]> = v.pipe(v.number(), whole, v.minValue(1));
/** Any whole number: where random choices begin. */
export const seed: Numbers<[Whole]> = v.pipe(v.number(), whole);
/** Of something per second, or seconds. */
export const rate: Numbers<
  [v.FiniteAction<number, (issue: v.FiniteIssue<number>) => string>, v.GtValueAction<number, 0, undefined>]
> = v.pipe(
  v.number(),
  v.finite(({ received }) => `Invalid value: Expected a finite number but received ${received}`),
  v.gtValue(0),
);
/** From 0 to 1. */
export const share: Numbers<[AtLeast<0>, v.MaxValueAction<number, 1, undefined>]> = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(1),
);
/** Milliseconds that a host timer can keep. */
export const delay: Numbers<[AtLeast<0>, v.MaxValueAction<number, number, undefined>]> = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(0x7fffffff),
);
/** A path, or another text that is not empty. */
export const text: v.SchemaWithPipe<readonly [v.StringSchema<undefined>, v.MinLengthAction<string, 1, undefined>]> =
  v.pipe(v.string(), v.minLength(1));
