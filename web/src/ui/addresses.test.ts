import { expect, test } from 'vitest'
import { isAddress, parseAddresses } from './addresses'

test('addresses are read with and without names, a comma inside quotes parts nothing', () => {
  expect(parseAddresses('Ana Duarte <ana@lumen.example>, bo@lumen.example;\n"Vries, Bram" <bram@x.example>')).toEqual([
    { name: 'Ana Duarte', address: 'ana@lumen.example' },
    { address: 'bo@lumen.example' },
    { name: 'Vries, Bram', address: 'bram@x.example' },
  ])
})

test('what is no address is kept to be shown as wrong', () => {
  expect(parseAddresses('ana at lumen')).toEqual([{ address: 'ana at lumen' }])
  expect(['a@b.example', 'a@b', 'a b@c.example', 'a@b..', '@b.example'].map(isAddress)).toEqual([true, false, false, false, false])
})
