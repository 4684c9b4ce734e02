/** Whether a text is a number from 0 to 100, in digits. */
export function isPercent(text: string): boolean {
  return /^\d{1,3}(\.\d+)?$/.test(text) && Number(text) <= 100;
}
