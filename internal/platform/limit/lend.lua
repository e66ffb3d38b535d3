-- Lends tokens of one or two keys, of all or of none. Times are microseconds of
-- the server's clock, since 2025 so that a double holds them exactly enough.
-- KEYS: the keys. ARGV, 18 for each key: for each of four windows the interval,
-- the tolerance, and how far ahead the moment was as the caller remembers it;
-- then what is needed and wanted of tokens, and of tokens for AI; 17 and 18 are
-- what may be lent of both even if it is more than a third of what is left.
-- Answers 9 numbers for each key: what is lent of both, the window that refuses
-- (0: none), how long it does, and 0; then how far ahead the four moments are.
local clock = redis.call('TIME')
local now = (clock[1] - 1735689600) * 1000000 + clock[2]
local keys, refused = {}, false

local function load(k, base)
  local stored = redis.call('HMGET', KEYS[k], 'at', '1', '2', '3', '4', 'i1', 'i2', 'i3', 'i4')
  local back = (tonumber(stored[1]) or now) - now -- the server's clock was set back
  if back < 0 then back = 0 end
  local key = {need = {}, want = {}, few = {}, left = {}, moment = {}, lent = {0, 0}, window = 0, wait = 0, clock = back > 0}
  for c = 1, 2 do
    key.need[c] = tonumber(ARGV[base + 10 + 2 * c + 1])
    key.want[c] = tonumber(ARGV[base + 10 + 2 * c + 2])
    key.few[c] = tonumber(ARGV[base + 16 + c])
  end
  for w = 1, 4 do
    local interval, tolerance = tonumber(ARGV[base + 3 * w - 2]), tonumber(ARGV[base + 3 * w - 1])
    local ahead = (tonumber(stored[w + 1]) or now) - back - now
    local before = tonumber(stored[w + 5]) or interval
    if before ~= interval and before > 0 and ahead > 0 then -- another policy: what was taken stays taken
      ahead = math.min(ahead / before * interval, tolerance)
    end
    ahead = math.max(ahead, tonumber(ARGV[base + 3 * w]), 0) -- what we forgot, a node may remember
    key.moment[w] = {ahead = ahead, interval = interval}
    local c = w == 4 and 2 or 1
    if interval > 0 and key.need[c] > 0 then
      local wait = ahead + key.need[c] * interval - math.max(tolerance, key.need[c] * interval)
      if ahead > 0 and wait > 0.5 and wait > key.wait then
        key.window, key.wait, refused = w, wait, true
      end
      local left = math.floor((tolerance - ahead) / interval + 0.001)
      key.left[c] = math.min(key.left[c] or left, left)
    end
  end
  return key
end

for k = 1, #KEYS do keys[k] = load(k, (k - 1) * 18) end

local out = {}
for k = 1, #KEYS do
  local key = keys[k]
  local longest, fields = 0, {'at', string.format('%.0f', now)}
  for c = 1, 2 do
    if not refused and key.need[c] > 0 then
      local left = key.left[c] or key.want[c]
      local share = math.max(math.floor(left / 3), math.min(key.few[c], left))
      key.lent[c] = math.max(key.need[c], math.min(key.want[c], share))
    end
  end
  for w = 1, 4 do
    local m = key.moment[w]
    if m.interval > 0 then
      m.ahead = m.ahead + key.lent[w == 4 and 2 or 1] * m.interval
      longest = math.max(longest, m.ahead)
      fields[#fields + 1] = tostring(w)
      fields[#fields + 1] = string.format('%.3f', now + m.ahead)
      fields[#fields + 1] = 'i' .. w
      fields[#fields + 1] = string.format('%.6f', m.interval)
    end
  end
  if not refused or key.clock then
    redis.call('HSET', KEYS[k], unpack(fields))
    redis.call('PEXPIRE', KEYS[k], math.floor(longest / 1000) + 60000)
  end
  for _, v in ipairs({key.lent[1], key.lent[2], key.window, math.ceil(key.wait), 0}) do out[#out + 1] = v end
  for w = 1, 4 do out[#out + 1] = math.floor(key.moment[w].ahead) end
end
return out
