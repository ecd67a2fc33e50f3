/** A file as it is, for a check of its words. */
declare module "*?raw" {
  const text: string;
  export default text;
}
