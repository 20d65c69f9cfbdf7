using System.Collections.Frozen;
using System.Text;
using Posthorn.Server.Imap.Commands;

namespace Posthorn.Server.Imap;

internal delegate IImapCommand ParseCommand(ref ImapReader reader);

/// <summary>A command: its name, where it is legal, what the loop must know of it, and its grammar.</summary>
internal sealed record ImapCommandRow(string Name, ImapStates States, CommandTraits Traits, ParseCommand Parse)
{
    /// <summary>Its numbers are UIDs (RFC 9051 §6.4.9): it may name messages that this session was not told of yet, so the view is brought up first.</summary>
    public bool ByUid { get; } = Name.StartsWith("UID ", StringComparison.Ordinal);

    public static ImapCommandRow Of<TCommand>(string name, ImapStates states, CommandTraits traits = CommandTraits.None)
        where TCommand : IImapCommand<TCommand> =>
        new(name, states, traits, static (ref ImapReader reader) => TCommand.Parse(ref reader));
}

/// <summary>Which commands there are, in which state.</summary>
internal static class ImapCommandTable
{
    public static readonly IReadOnlyList<ImapCommandRow> Rows =
    [
        ImapCommandRow.Of<Capability>("CAPABILITY", ImapStates.Any),
        ImapCommandRow.Of<Noop>("NOOP", ImapStates.Any),
        ImapCommandRow.Of<Logout>("LOGOUT", ImapStates.Any),
        ImapCommandRow.Of<Id>("ID", ImapStates.Any),

        ImapCommandRow.Of<StartTls>("STARTTLS", ImapStates.NotAuthenticated),
        ImapCommandRow.Of<Authenticate>("AUTHENTICATE", ImapStates.NotAuthenticated, CommandTraits.NeedsTls),
        ImapCommandRow.Of<Login>("LOGIN", ImapStates.NotAuthenticated, CommandTraits.NeedsTls),

        ImapCommandRow.Of<Unauthenticate>("UNAUTHENTICATE", ImapStates.LoggedIn),
        ImapCommandRow.Of<Compress>("COMPRESS", ImapStates.LoggedIn),
        ImapCommandRow.Of<Enable>("ENABLE", ImapStates.LoggedIn),
        ImapCommandRow.Of<Select>("SELECT", ImapStates.LoggedIn),
        ImapCommandRow.Of<Examine>("EXAMINE", ImapStates.LoggedIn),
        ImapCommandRow.Of<List>("LIST", ImapStates.LoggedIn),
        ImapCommandRow.Of<Lsub>("LSUB", ImapStates.LoggedIn),
        ImapCommandRow.Of<Status>("STATUS", ImapStates.LoggedIn),
        ImapCommandRow.Of<Namespace>("NAMESPACE", ImapStates.LoggedIn),
        ImapCommandRow.Of<Create>("CREATE", ImapStates.LoggedIn),
        ImapCommandRow.Of<Delete>("DELETE", ImapStates.LoggedIn),
        ImapCommandRow.Of<Rename>("RENAME", ImapStates.LoggedIn),
        ImapCommandRow.Of<Subscribe>("SUBSCRIBE", ImapStates.LoggedIn),
        ImapCommandRow.Of<Unsubscribe>("UNSUBSCRIBE", ImapStates.LoggedIn),
        ImapCommandRow.Of<Append>("APPEND", ImapStates.LoggedIn),
        ImapCommandRow.Of<GetMetadata>("GETMETADATA", ImapStates.LoggedIn),
        ImapCommandRow.Of<SetMetadata>("SETMETADATA", ImapStates.LoggedIn),
        ImapCommandRow.Of<SetAcl>("SETACL", ImapStates.LoggedIn),
        ImapCommandRow.Of<DeleteAcl>("DELETEACL", ImapStates.LoggedIn),
        ImapCommandRow.Of<GetAcl>("GETACL", ImapStates.LoggedIn),
        ImapCommandRow.Of<ListRights>("LISTRIGHTS", ImapStates.LoggedIn),
        ImapCommandRow.Of<MyRights>("MYRIGHTS", ImapStates.LoggedIn),
        ImapCommandRow.Of<GetQuota>("GETQUOTA", ImapStates.LoggedIn),
        ImapCommandRow.Of<GetQuotaRoot>("GETQUOTAROOT", ImapStates.LoggedIn),
        ImapCommandRow.Of<SetQuota>("SETQUOTA", ImapStates.LoggedIn),
        ImapCommandRow.Of<Esearch>("ESEARCH", ImapStates.LoggedIn, CommandTraits.HoldsExpunges),
        ImapCommandRow.Of<Idle>("IDLE", ImapStates.LoggedIn),
        ImapCommandRow.Of<Notify>("NOTIFY", ImapStates.LoggedIn),

        ImapCommandRow.Of<Check>("CHECK", ImapStates.Selected),
        ImapCommandRow.Of<Unselect>("UNSELECT", ImapStates.Selected),
        ImapCommandRow.Of<Close>("CLOSE", ImapStates.Selected),
        ImapCommandRow.Of<Expunge>("EXPUNGE", ImapStates.Selected, CommandTraits.Writes),
        ImapCommandRow.Of<Expunge>("UID EXPUNGE", ImapStates.Selected, CommandTraits.Writes),
        ImapCommandRow.Of<Fetch>("FETCH", ImapStates.Selected, CommandTraits.SequenceNumbers | CommandTraits.HoldsExpunges),
        ImapCommandRow.Of<Fetch>("UID FETCH", ImapStates.Selected),
        ImapCommandRow.Of<Store>("STORE", ImapStates.Selected, CommandTraits.SequenceNumbers | CommandTraits.HoldsExpunges | CommandTraits.Writes),
        ImapCommandRow.Of<Store>("UID STORE", ImapStates.Selected, CommandTraits.Writes),
        ImapCommandRow.Of<Replace>("REPLACE", ImapStates.Selected, CommandTraits.SequenceNumbers | CommandTraits.Writes),
        ImapCommandRow.Of<Replace>("UID REPLACE", ImapStates.Selected, CommandTraits.Writes),
        ImapCommandRow.Of<Copy>("COPY", ImapStates.Selected, CommandTraits.SequenceNumbers),
        ImapCommandRow.Of<Copy>("UID COPY", ImapStates.Selected),
        ImapCommandRow.Of<Move>("MOVE", ImapStates.Selected, CommandTraits.SequenceNumbers | CommandTraits.Writes),
        ImapCommandRow.Of<Move>("UID MOVE", ImapStates.Selected, CommandTraits.Writes),
        ImapCommandRow.Of<Search>("SEARCH", ImapStates.Selected, CommandTraits.SequenceNumbers | CommandTraits.HoldsExpunges),
        ImapCommandRow.Of<Search>("UID SEARCH", ImapStates.Selected),
        ImapCommandRow.Of<Sort>("SORT", ImapStates.Selected, CommandTraits.SequenceNumbers | CommandTraits.HoldsExpunges),
        ImapCommandRow.Of<Sort>("UID SORT", ImapStates.Selected),
        ImapCommandRow.Of<CancelUpdate>("CANCELUPDATE", ImapStates.Selected),
        ImapCommandRow.Of<Commands.Thread>("THREAD", ImapStates.Selected, CommandTraits.SequenceNumbers | CommandTraits.HoldsExpunges),
        ImapCommandRow.Of<Commands.Thread>("UID THREAD", ImapStates.Selected),
    ];

    private static readonly FrozenDictionary<string, ImapCommandRow> ByName = Rows.ToFrozenDictionary(row => row.Name, StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, ImapCommandRow>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        ByName.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly int LongestName = Rows.Max(row => row.Name.Length);

    /// <summary>The row of a name as it came, <c>UID FETCH</c> with its one space; null: no such command.</summary>
    public static ImapCommandRow? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestName)
        {
            return null;
        }

        Span<char> text = stackalloc char[name.Length];
        Encoding.Latin1.GetChars(name, text);
        return Lookup.TryGetValue(text, out ImapCommandRow? row) ? row : null;
    }
}
