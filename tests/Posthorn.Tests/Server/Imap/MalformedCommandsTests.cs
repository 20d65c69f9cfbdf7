using System.Text;
using Posthorn.Server.Imap;

namespace Posthorn.Tests.Server.Imap;

/// <summary>Every command of the table: lines that are right, lines that are not, and what becomes of right ones when octets of them change.</summary>
public sealed class MalformedCommandsTests
{
    private static readonly string[] Nothing = ["", " ", " x", " )", "\0"];

    // Arguments as they follow the name. A command that is not here fails a test.
    private static readonly Dictionary<string, (string[] Right, string[] Wrong)> Forms = new()
    {
        ["CAPABILITY"] = ([""], Nothing[1..]),
        ["NOOP"] = ([""], Nothing[1..]),
        ["LOGOUT"] = ([""], Nothing[1..]),
        ["STARTTLS"] = ([""], Nothing[1..]),
        ["UNAUTHENTICATE"] = ([""], Nothing[1..]),
        ["NAMESPACE"] = ([""], Nothing[1..]),
        ["CHECK"] = ([""], Nothing[1..]),
        ["UNSELECT"] = ([""], Nothing[1..]),
        ["CLOSE"] = ([""], Nothing[1..]),
        ["EXPUNGE"] = ([""], [.. Nothing[1..], " 1"]),
        ["IDLE"] = ([""], Nothing[1..]),
        ["ID"] = ([" NIL", " (\"name\" \"x\" \"version\" NIL)"], ["", " ", " (", " NIL x", " (\"name\")", " (\"name\" \"x\"", " name"]),
        ["AUTHENTICATE"] = ([" PLAIN", " PLAIN dGVzdA=="], ["", " ", " PLAIN  x", " PLAIN x y", " (PLAIN)"]),
        ["LOGIN"] = ([" alice secret", " \"a\" {1}\r\nb"], ["", " a", " a ", " a b c", " \"a b", " (a) b", " a {5}\r\nb", " a {1}\r\n\0"]),
        ["COMPRESS"] = ([" DEFLATE"], ["", " ", " DEFLATE x", " (DEFLATE)"]),
        ["ENABLE"] = ([" CONDSTORE", " X-UNKNOWN QRESYNC"], ["", " ", " (CONDSTORE)", " CONDSTORE  QRESYNC", " \"CONDSTORE\""]),
        ["SELECT"] = (OpenRight, OpenWrong),
        ["EXAMINE"] = (OpenRight, OpenWrong),
        ["LIST"] = (
            [" \"\" *", " \"\" (a b) RETURN (CHILDREN STATUS (MESSAGES))", " (SUBSCRIBED RECURSIVEMATCH) \"\" %"],
            ["", " \"\"", " \"\" \"", " (X) \"\" *", " (RECURSIVEMATCH) \"\" *", " \"\" * RETURN", " \"\" * RETURN (X)", " \"\" ()", " \"\" * RETURN (STATUS)", " \"\" (a"]),
        ["LSUB"] = ([" \"\" *"], ["", " \"\"", " \"\" (a)", " \"\" a b"]),
        ["STATUS"] = ([" INBOX (MESSAGES UIDNEXT)"], ["", " INBOX", " INBOX ()", " INBOX (X)", " INBOX MESSAGES", " INBOX (MESSAGES", " INBOX (MESSAGES  UIDNEXT)"]),
        ["CREATE"] = ([" a", " a (USE (\\Sent))"], ["", " ", " a (USE)", " a ()", " a (USE (Sent))", " a (USE (\\Sent)", " a (X)", " (a)"]),
        ["DELETE"] = ([" a"], NameWrong),
        ["SUBSCRIBE"] = ([" a"], NameWrong),
        ["UNSUBSCRIBE"] = ([" a"], NameWrong),
        ["RENAME"] = ([" a b"], ["", " a", " a  b", " a b c", " (a b)"]),
        ["APPEND"] = (
            [" INBOX {3}", " INBOX (\\Seen $x) \" 1-Jan-2026 00:00:00 +0000\" {3+}", " {5}\r\nINBOX {3}"],
            ["", " INBOX", " INBOX ()", " INBOX text", " INBOX {", " INBOX {x}", " INBOX (\\Nope) {3}", " INBOX \"1-Jan-2026\" {3}", " INBOX {3}x"]),
        ["GETMETADATA"] = (
            [" INBOX /private/comment", " \"\" (/shared/comment /private/x)", " (DEPTH 1 MAXSIZE 5) INBOX /private"],
            ["", " INBOX", " INBOX ()", " INBOX comment", " INBOX (/private/comment", " (DEPTH 2) INBOX /private/comment", " (X) INBOX /private/comment"]),
        ["SETMETADATA"] = (
            [" INBOX (/private/comment \"x\")", " INBOX (/private/comment NIL)", " \"\" (/private/comment ~{1}\r\n\0)"],
            ["", " INBOX", " INBOX ()", " INBOX (/private/comment)", " INBOX /private/comment x", " INBOX (/other/x \"y\")", " INBOX (/private/* \"y\")"]),
        ["GETQUOTA"] = ([" \"\""], ["", " ", " \"\" x"]),
        ["GETQUOTAROOT"] = ([" INBOX"], ["", " ", " INBOX x"]),
        ["SETQUOTA"] = ([" \"\" (STORAGE 512)"], ["", " \"\"", " \"\" STORAGE", " \"\" (STORAGE)", " \"\" (STORAGE x)", " \"\" (STORAGE -1)", " \"\" (STORAGE 1"]),
        ["ESEARCH"] = (
            [" ALL", " IN (personal) RETURN (COUNT) UNSEEN", " IN (mailboxes (a b) subtree-one c) SEEN"],
            ["", " ", " IN () ALL", " IN (nowhere) ALL", " IN (mailboxes) ALL", " RETURN (X) ALL", " RETURN (COUNT)", " IN (personal RETURN (COUNT) ALL"]),
        ["NOTIFY"] = (
            [" NONE", " SET STATUS (selected (MessageNew (uid flags) MessageExpunge FlagChange)) (subtree (a b) (MailboxName))"],
            ["", " ", " SET", " SET STATUS", " SET ()", " SET (selected)", " SET (selected ())", " SET (personal (MessageNew))", " SET (selected (MailboxName))", " NONE x", " SET (x (MailboxName))"]),
        ["UID EXPUNGE"] = ([" 1:*", " $"], ["", " ", " x", " 0", " 1 2", " 1,", " 4294967296"]),
        ["FETCH"] = (FetchRight, FetchWrong),
        ["UID FETCH"] = ([.. FetchRight, " 1:* (FLAGS) (CHANGEDSINCE 5 VANISHED)", " 1:* FLAGS (PARTIAL 1:5)"], [.. FetchWrong, " 1 FLAGS (VANISHED)", " 1 FLAGS (PARTIAL 0:1)"]),
        ["STORE"] = (StoreRight, StoreWrong),
        ["UID STORE"] = (StoreRight, StoreWrong),
        ["REPLACE"] = ([" 1 INBOX {3}"], ReplaceWrong),
        ["UID REPLACE"] = ([" 1 INBOX {3}"], ReplaceWrong),
        ["COPY"] = ([" 1:3 a"], CopyWrong),
        ["UID COPY"] = ([" 1:3 a"], CopyWrong),
        ["MOVE"] = ([" 1:3 a"], CopyWrong),
        ["UID MOVE"] = ([" 1:3 a"], CopyWrong),
        ["SEARCH"] = (SearchRight, SearchWrong),
        ["UID SEARCH"] = (SearchRight, SearchWrong),
        ["SORT"] = (SortRight, SortWrong),
        ["UID SORT"] = (SortRight, SortWrong),
        ["THREAD"] = (ThreadRight, ThreadWrong),
        ["UID THREAD"] = (ThreadRight, ThreadWrong),
        ["SETACL"] = (
            [" INBOX bob lrs", " INBOX bob +lrswipkxtea", " INBOX \"bob@example.test\" \"\"", " INBOX -bob -lr"],
            ["", " ", " INBOX", " INBOX bob", " INBOX bob lrq", " INBOX bob ++l", " INBOX bob l r", " (INBOX) bob l"]),
        ["DELETEACL"] = ([" INBOX bob"], ["", " ", " INBOX", " INBOX bob x", " INBOX (bob)"]),
        ["GETACL"] = ([" INBOX"], NameWrong),
        ["LISTRIGHTS"] = ([" INBOX bob"], ["", " ", " INBOX", " INBOX bob x", " INBOX (bob)"]),
        ["MYRIGHTS"] = ([" INBOX"], NameWrong),
        ["CANCELUPDATE"] = ([" \"a\"", " \"a\" \"b\""], ["", " ", " a", " \"a", " \"a\" b", " (\"a\")"]),
    };

    private static string[] OpenRight => [" INBOX", " INBOX (CONDSTORE)", " {5}\r\nINBOX", " INBOX (QRESYNC (1 2 3:4 (1 3)))"];

    private static string[] OpenWrong => ["", " ", " INBOX ()", " INBOX (X)", " INBOX (CONDSTORE", " INBOX CONDSTORE", " INBOX (QRESYNC)", " INBOX (QRESYNC (1))", " \"INBOX", " INBOX x"];

    private static string[] NameWrong => ["", " ", " a b", " (a)", " \"a", " {3}\r\na"];

    private static string[] FetchRight => [" 1 ALL", " 1:* (UID FLAGS BODY.PEEK[1.2.MIME]<0.5>)", " $ BODY[HEADER.FIELDS (From \"To\")]", " 4294967295:* (FLAGS) (CHANGEDSINCE 5)"];

    private static string[] FetchWrong =>
    [
        "", " 1", " x ALL", " 1 ()", " 1 (FLAGS", " 1 BODY[", " 1 BODY[0]", " 1 NOTHING", " 1 FLAGS (CHANGEDSINCE)", " 1 FLAGS (X 1)", " 1 (ALL)", " 0 ALL", " 1:2:3 ALL", " 4294967296 ALL",
        " 1 BODY[]<5>", " 1 BODY[HEADER.FIELDS ()]", " -1 ALL", " 1, ALL",
    ];

    private static string[] StoreRight => [" 1 +FLAGS (\\Seen)", " 1:2 FLAGS.SILENT ()", " 1 (UNCHANGEDSINCE 5) -FLAGS \\Seen $x"];

    private static string[] StoreWrong =>
        ["", " 1", " 1 FLAGS", " 1 *FLAGS ()", " 1 FLAGS (\\Nope)", " 1 (X 1) FLAGS ()", " 0 FLAGS ()", " 1 FLAGS (", " 1 (UNCHANGEDSINCE) FLAGS ()", " 1 (UNCHANGEDSINCE -1) FLAGS ()"];

    private static string[] ReplaceWrong => ["", " 1", " 1 INBOX", " * INBOX {3}", " 0 INBOX {3}", " 1:2 INBOX {3}", " 1 INBOX {x}"];

    private static string[] CopyWrong => ["", " 1", " 1 ", " x a", " 1 a b", " 0 a", " 1,, a"];

    private static string[] SearchRight => [" ALL", " RETURN (MIN UPDATE) CHARSET UTF-8 OR SEEN (UNSEEN 1:5)", " NOT UID 4294967295:* SUBJECT {1}\r\nx", " $ MODSEQ 5"];

    private static string[] SearchWrong =>
    [
        "", " ", " NOT", " OR SEEN", " (SEEN", " ()", " BEFORE x", " LARGER x", " KEYWORD", " HEADER X", " RETURN (X) ALL", " CHARSET UTF-8", " NOTHING", " RETURN (PARTIAL 1) ALL", " RETURN (UPDATE ()) ALL",
        " UID", " UID x", " SINCE 32-Jan-2026", " MODSEQ",
    ];

    private static string[] SortRight => [" (REVERSE DATE SUBJECT) UTF-8 ALL", " RETURN (COUNT UPDATE) (ARRIVAL) US-ASCII SEEN"];

    private static string[] SortWrong => ["", " DATE UTF-8 ALL", " () UTF-8 ALL", " (X) UTF-8 ALL", " (DATE) UTF-8", " (DATE)", " (REVERSE) UTF-8 ALL", " (DATE  SUBJECT) UTF-8 ALL"];

    private static string[] ThreadRight => [" REFERENCES UTF-8 ALL", " ORDEREDSUBJECT US-ASCII SEEN"];

    private static string[] ThreadWrong => ["", " X UTF-8 ALL", " REFERENCES", " REFERENCES UTF-8", " REFERENCES  UTF-8 ALL"];

    public static TheoryData<string> Names => [.. ImapCommandTable.Rows.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_right_is_read_and_what_is_not_is_refused(string name)
    {
        (string[] right, string[] wrong) = Forms[name];
        Assert.All(right, form => Assert.Null(Refusal(name, form)));
        Assert.All(wrong, form => Assert.True(Refusal(name, form) is not null, $"{name}{form} is read"));

        // More than there is to say, and more than one space before it.
        Assert.All(right, form => Assert.All((string[])[" ", " )", "\0", "\""], more => Assert.True(Refusal(name, form + more) is not null, $"{name}{form}{more} is read")));
        Assert.All(right.Where(form => form.Length > 0), form => Assert.True(Refusal(name, " " + form) is not null, $"{name} {form} is read"));
    }

    /// <summary>Read or refused, and nothing else: cut at every octet, and with every octet changed.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Octets_that_are_missing_or_changed_are_no_fault(string name)
    {
        int read = 0, refused = 0;
        foreach (string form in Forms[name].Right)
        {
            for (int at = 0; at <= form.Length; at++)
            {
                Count(Refusal(name, form[..at]));
                foreach (char octet in "\0 \"(){}\\*%$,:;<>[]~\r\n\u007f\u00ff0A")
                {
                    Count(at < form.Length ? Refusal(name, string.Concat(form.AsSpan(0, at), [octet], form.AsSpan(at + 1))) : null);
                    Count(Refusal(name, string.Concat(form.AsSpan(0, at), [octet], form.AsSpan(at))));
                }
            }
        }

        Assert.True(read > 0 && refused > 0, "Some are read and some refused.");

        void Count(ImapSyntaxException? refusal) => _ = refusal is null ? read++ : refused++;
    }

    private static ImapSyntaxException? Refusal(string name, string arguments)
    {
        ImapCommandRow row = ImapCommandTable.Find(Encoding.ASCII.GetBytes(name))!;
        var reader = new ImapReader(Encoding.Latin1.GetBytes(arguments), ImapDialect.None) { ByUid = row.ByUid };
        try
        {
            row.Parse(ref reader);
            reader.End();
            return null;
        }
        catch (ImapSyntaxException refusal)
        {
            return refusal;
        }
    }
}
