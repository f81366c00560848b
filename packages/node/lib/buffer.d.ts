/** What Buffer has in every version of Node from 20 on, without the checks of `toString` and `write`. */
interface Buffer {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  utf8Write(text: string, offset: number): number;
}
