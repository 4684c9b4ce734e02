/** Whether an address holds a user name or password. Facts are remembered as text: what holds one is out of the ordinary and told to nobody. */
export function hasUserInfo(address: string): boolean {
  return /:\/\/[^/?#\s]*@/.test(address);
}
