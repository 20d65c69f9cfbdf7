using System.Globalization;

namespace Posthorn.Core.Messages;

/// <summary>
/// How far an import into a mailbox has come. It is written in the transaction that files the messages it counts: an import that was killed goes on behind the
/// last message that is there, and files none twice. It goes with the mailbox and the account it belongs to, whose ids are never used again.
/// </summary>
/// <param name="Source">What is being read, such as the path of a file; another source has a mark of its own.</param>
/// <param name="After">Where the import stood before: when another run has gone on meanwhile, the append is refused. Null: wherever it stood.</param>
/// <param name="Position">Understood by who imports; empty: from the start.</param>
public sealed record ImportMark(string Source, string? After, string Position)
{
    /// <summary>All marks of an account begin so.</summary>
    internal static string KeyPrefix(AccountId account) => string.Create(CultureInfo.InvariantCulture, $"import:{account.Value}:");

    internal static string Key(AccountId account, MailboxId mailbox, string source) =>
        string.Create(CultureInfo.InvariantCulture, $"{KeyPrefix(account)}{mailbox.Value}:{source}");
}
