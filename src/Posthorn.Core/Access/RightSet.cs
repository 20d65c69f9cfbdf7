using System.Text;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Access;

/// <summary>Rights on a mailbox, as RFC 4314 §2.1 writes them: a letter each.</summary>
public readonly record struct RightSet(int Bits)
{
    // In the order in which they are written; a position is a bit, and bits are stored: never change one.
    private const string Letters = "lrswipkxtea";

    private static readonly Right[] Order =
    [
        Right.Lookup, Right.Read, Right.KeepSeen, Right.Write, Right.Insert, Right.Send, Right.CreateMailbox, Right.DeleteMailbox, Right.DeleteMessages, Right.Expunge, Right.Share,
    ];

    public static readonly RightSet None;

    /// <summary>What the owner has.</summary>
    public static readonly RightSet All = new((1 << Letters.Length) - 1);

    /// <summary>To see a mailbox, read it, and keep what one has seen.</summary>
    public static readonly RightSet Reading = new(0b111);

    // MYRIGHTS answers to who has one of these (RFC 4314 §4).
    private static readonly RightSet AnyOf = new(Bit('l') | Bit('r') | Bit('i') | Bit('k') | Bit('x') | Bit('a'));

    /// <summary>Whoever has these may know that the mailbox is there.</summary>
    public bool Reveals => (Bits & AnyOf.Bits) != 0;

    /// <summary>Flags that may be set and cleared (RFC 4314 §4): t for \Deleted, s for \Seen, w for all others.</summary>
    public MessageFlags ChangeableFlags =>
        (Has(Right.Write) ? ~(MessageFlags.Seen | MessageFlags.Deleted) : MessageFlags.None)
        | (Has(Right.KeepSeen) ? MessageFlags.Seen : MessageFlags.None)
        | (Has(Right.DeleteMessages) ? MessageFlags.Deleted : MessageFlags.None);

    /// <summary>None of the rights that change messages.</summary>
    public bool ChangesNothing => !Has(Right.KeepSeen) && !Has(Right.Write) && !Has(Right.Insert) && !Has(Right.DeleteMessages) && !Has(Right.Expunge);

    public bool IsEmpty => Bits == 0;

    public bool Has(Right right) => Array.IndexOf(Order, right) is >= 0 and int bit && (Bits & (1 << bit)) != 0;

    public RightSet With(RightSet other) => new(Bits | other.Bits);

    public RightSet Without(RightSet other) => new(Bits & ~other.Bits);

    /// <summary>False: a letter that is no right. The old letters c and d stand for several (RFC 4314 §2.1.1).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out RightSet rights)
    {
        int bits = 0;
        foreach (char letter in text)
        {
            int bit = letter switch
            {
                'c' => Bit('k') | Bit('x'),
                'd' => Bit('t') | Bit('e'),
                _ => Bit(letter),
            };
            if (bit == 0)
            {
                rights = None;
                return false;
            }

            bits |= bit;
        }

        rights = new RightSet(bits);
        return true;
    }

    /// <summary>The letters; <c>c</c> and <c>d</c> too where a right that they stood for is there, for clients of before (RFC 4314 §2.1.1).</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Letters.Length; i++)
        {
            text.Append((Bits & (1 << i)) != 0 ? Letters.AsSpan(i, 1) : "");
        }

        text.Append((Bits & (Bit('k') | Bit('x'))) != 0 ? "c" : "");
        text.Append((Bits & (Bit('t') | Bit('e'))) != 0 ? "d" : "");
        return text.ToString();
    }

    private static int Bit(char letter) => Letters.IndexOf(letter, StringComparison.Ordinal) is >= 0 and int bit ? 1 << bit : 0;
}
