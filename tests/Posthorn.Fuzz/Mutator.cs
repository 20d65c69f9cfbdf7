using System.Text;

namespace Posthorn.Fuzz;

/// <summary>Makes inputs out of inputs. The same seed makes the same.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> corpus, int seed)
{
    private const int MaxBytes = 64 * 1024;
    private const int MostChanges = 6;

    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "\r\n", "\n", "\r", "\0", "\"", "\\", "(", ")", "{", "}", "[", "]", "<", ">", ":", ";", "=", "=?", "?=", "%", "*", ",", ".", "--", "@", "{5}", "{99999999999999999999}",
            "{5+}", "~{1}", "4294967295", "-1", "0", "18446744073709551616", "1:*", "NIL", "UTF-8''", "=?utf-8?B?", "boundary=", "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n",
            "Content-Transfer-Encoding: base64\r\n", "\u00ff", "\u00c3\u00a9", "&-", "&AOk-", "v=", "include:", "%{d}", "n,,", "p=tls-server-end-point,,",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    private readonly Random _random = new(seed);

    public byte[] Next()
    {
        var octets = new List<byte>(Pick());
        for (int change = _random.Next(1, MostChanges + 1); change > 0; change--)
        {
            Change(octets);
        }

        return [.. octets.Take(MaxBytes)];
    }

    private byte[] Pick() => corpus[_random.Next(corpus.Count)];

    private void Change(List<byte> octets)
    {
        int at = _random.Next(octets.Count + 1), length = _random.Next(1, 1 + Math.Max(1, Math.Min(256, octets.Count - at)));
        switch (_random.Next(8))
        {
            case 0 when at < octets.Count:
                octets[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < octets.Count:
                octets[at] = (byte)_random.Next(256);
                break;
            case 2 when at + length <= octets.Count:
                octets.RemoveRange(at, length);
                break;
            case 3 when at + length <= octets.Count:
                octets.InsertRange(at, octets.GetRange(at, length));
                break;
            case 4 when at + length <= octets.Count:
                octets.InsertRange(at, Enumerable.Repeat(octets.GetRange(at, length), _random.Next(2, 40)).SelectMany(part => part).ToList());
                break;
            case 5:
                byte[] other = Pick();
                int from = _random.Next(other.Length + 1);
                octets.InsertRange(at, other[from..Math.Min(other.Length, from + _random.Next(1, 512))]);
                break;
            case 6:
                octets.RemoveRange(at, octets.Count - at);
                break;
            default:
                octets.InsertRange(at, Tokens[_random.Next(Tokens.Length)]);
                break;
        }
    }
}
