using System.Collections.Frozen;
using System.Text;
using Posthorn.Server.Pop3.Commands;

namespace Posthorn.Server.Pop3;

/// <summary>Where a session stands (RFC 1939 §3); UPDATE is what QUIT does.</summary>
[Flags]
internal enum Pop3States
{
    Authorization = 1,
    Transaction = 2,
    Any = Authorization | Transaction,
}

/// <summary>What the loop checks before a command runs.</summary>
[Flags]
internal enum Pop3Traits
{
    None = 0,

    /// <summary>Carries a password or asks for one: never before TLS.</summary>
    NeedsTls = 1,
}

/// <summary>A parsed command.</summary>
internal interface IPop3Command
{
    /// <exception cref="Core.StoreUnavailableException">Answered by the loop.</exception>
    ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel);
}

/// <summary>Reads what stands behind the keyword; pure. Throws <see cref="Pop3SyntaxException"/> only.</summary>
internal delegate IPop3Command Pop3Parse(Pop3Arguments arguments);

internal sealed record Pop3Row(string Keyword, Pop3States Allowed, Pop3Traits Traits, Pop3Parse Parse);

/// <summary>Which commands exist, and when they may be said.</summary>
internal static class Pop3CommandTable
{
    private const int LongestKeyword = 4;

    public static readonly IReadOnlyList<Pop3Row> Rows =
    [
        new("CAPA", Pop3States.Any, Pop3Traits.None, Capa.Parse),
        new("STLS", Pop3States.Authorization, Pop3Traits.None, Stls.Parse),
        new("USER", Pop3States.Authorization, Pop3Traits.NeedsTls, User.Parse),
        new("PASS", Pop3States.Authorization, Pop3Traits.NeedsTls, Pass.Parse),
        // Not implemented: RFC 1939 §7 APOP, which wants the password itself in the store.
        new("AUTH", Pop3States.Authorization, Pop3Traits.NeedsTls, Auth.Parse),
        new("UTF8", Pop3States.Authorization, Pop3Traits.None, Utf8.Parse),
        new("LANG", Pop3States.Any, Pop3Traits.None, Lang.Parse),
        new("STAT", Pop3States.Transaction, Pop3Traits.None, Stat.Parse),
        new("LIST", Pop3States.Transaction, Pop3Traits.None, Commands.List.Parse),
        new("UIDL", Pop3States.Transaction, Pop3Traits.None, Uidl.Parse),
        new("RETR", Pop3States.Transaction, Pop3Traits.None, Retr.Parse),
        new("TOP", Pop3States.Transaction, Pop3Traits.None, Top.Parse),
        new("DELE", Pop3States.Transaction, Pop3Traits.None, Dele.Parse),
        new("RSET", Pop3States.Transaction, Pop3Traits.None, Rset.Parse),
        new("NOOP", Pop3States.Transaction, Pop3Traits.None, Noop.Parse),
        new("QUIT", Pop3States.Any, Pop3Traits.None, Quit.Parse),
    ];

    private static readonly FrozenDictionary<string, Pop3Row> ByKeyword = Rows.ToFrozenDictionary(row => row.Keyword, StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, Pop3Row>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        ByKeyword.GetAlternateLookup<ReadOnlySpan<char>>();

    public static Pop3Row? Find(ReadOnlySpan<byte> keyword)
    {
        if (keyword.Length is 0 or > LongestKeyword || !Ascii.IsValid(keyword))
        {
            return null;
        }

        Span<char> name = stackalloc char[LongestKeyword];
        return Lookup.TryGetValue(name[..Encoding.ASCII.GetChars(keyword, name)], out Pop3Row? row) ? row : null;
    }
}
