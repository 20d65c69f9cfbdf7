using System.Text;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap;
using Posthorn.Server.Imap.Appending;
using Posthorn.Server.Imap.Commands;
using Posthorn.Server.Imap.Fetching;

namespace Posthorn.Tests.Server.Imap;

/// <summary>What stands behind the names of commands: lines that are right, and lines that are not.</summary>
public sealed class CommandGrammarTests
{
    [Theory]
    [InlineData(" 1 ALL", FetchItems.All, "")]
    [InlineData(" 1 full", FetchItems.Full, "")]
    [InlineData(" 1 (FLAGS)", FetchItems.Flags, "")]
    [InlineData(" 1 BODY", FetchItems.Body, "")]
    [InlineData(" 1 (BODYSTRUCTURE UID)", FetchItems.BodyStructure | FetchItems.Uid, "")]
    [InlineData(" 1 BODY[]", FetchItems.None, "BODY[]")]
    [InlineData(" 1 body.peek[1.2.header]", FetchItems.None, "BODY[1.2.HEADER]")]
    [InlineData(" 1 BODY[3]<0.2048>", FetchItems.None, "BODY[3]<0>")]
    [InlineData(" 1 (RFC822 RFC822.SIZE)", FetchItems.Size, "RFC822")]
    [InlineData(" 1 BODY[HEADER.FIELDS (Date \"From\" {2}\r\nTo)]", FetchItems.None, "BODY[HEADER.FIELDS (Date From To)]")]
    [InlineData(" 1 BODY[4.HEADER.FIELDS.NOT (X)]", FetchItems.None, "BODY[4.HEADER.FIELDS.NOT (X)]")]
    [InlineData(" 1 (BODY.PEEK[TEXT] BODY.PEEK[1.MIME])", FetchItems.None, "BODY[TEXT]|BODY[1.MIME]")]
    public void Fetch_reads_what_is_asked_for(string arguments, object items, string labels)
    {
        Fetch fetch = Parse<Fetch>(arguments);
        Assert.Equal(items, fetch.Request.Items);
        Assert.Equal(labels, string.Join('|', fetch.Request.Sections.Select(section => Encoding.ASCII.GetString(section.Label))));
    }

    [Theory]
    [InlineData(" 1 BODY[]", true)]
    [InlineData(" 1 BODY.PEEK[]", false)]
    [InlineData(" 1 RFC822", true)]
    [InlineData(" 1 RFC822.TEXT", true)]
    [InlineData(" 1 RFC822.HEADER", false)]
    [InlineData(" 1 BODY", false)]
    public void Fetch_knows_what_sets_seen(string arguments, bool setsSeen) => Assert.Equal(setsSeen, Parse<Fetch>(arguments).Request.SetsSeen);

    [Theory]
    [InlineData(" 1 (FLAGS UID MODSEQ)", false)]
    [InlineData(" 1 INTERNALDATE", true)]
    [InlineData(" 1 BODY[]", true)]
    public void Fetch_knows_what_the_view_answers_alone(string arguments, bool needsRow) => Assert.Equal(needsRow, Parse<Fetch>(arguments).Request.NeedsRow);

    [Theory]
    [InlineData(" 1 ()")]
    [InlineData(" 1 FLAGS UID")]
    [InlineData(" 1 BODY[")]
    [InlineData(" 1 BODY[1")]
    [InlineData(" 1 BODY[0]")]
    [InlineData(" 1 BODY[1.0]")]
    [InlineData(" 1 BODY[1..2]")]
    [InlineData(" 1 BODY[HEADER.FIELDS]")]
    [InlineData(" 1 BODY[HEADER.FIELDS (a:b)]")]
    [InlineData(" 1 BODY[]<1>")]
    [InlineData(" 1 BODY[]<-1.5>")]
    [InlineData(" 1 BODY[TEXT.MIME]")]
    [InlineData(" 1 FLAGS (CHANGEDSINCE)")]
    [InlineData(" 1 FLAGS (CHANGEDSINCE -1)")]
    public void Fetch_refuses(string arguments) => Assert.Throws<ImapSyntaxException>(() => Parse<Fetch>(arguments));

    [Theory]
    [InlineData(" 1 FLAGS (\\Seen)", FlagOperation.Replace, false, null)]
    [InlineData(" 1 +flags.silent \\Seen", FlagOperation.Add, true, null)]
    [InlineData(" 1 (UNCHANGEDSINCE 12) -FLAGS (\\Seen)", FlagOperation.Remove, false, 12L)]
    [InlineData(" 1 (UNCHANGEDSINCE 0) FLAGS.SILENT ()", FlagOperation.Replace, true, 0L)]
    public void Store_reads_its_operation(string arguments, FlagOperation operation, bool isSilent, long? unchangedSince)
    {
        Store store = Parse<Store>(arguments);
        Assert.Equal((operation, isSilent), (store.Operation, store.IsSilent));
        Assert.Equal(unchangedSince, store.UnchangedSince?.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData(" 1 FLAGS")]
    [InlineData(" 1 ++FLAGS ()")]
    [InlineData(" 1 FLAGS \\")]
    [InlineData(" 1 () FLAGS ()")]
    [InlineData(" 1 (UNCHANGEDSINCE 99999999999999999999) FLAGS ()")]
    public void Store_refuses(string arguments) => Assert.Throws<ImapSyntaxException>(() => Parse<Store>(arguments));

    [Fact]
    public void Append_reads_everything_before_the_literal()
    {
        Append append = Parse<Append>(" \"Sent\" (\\Seen $x) \"17-Jul-1996 02:44:25 -0700\" {310+}");
        AppendStep.Begin options = Assert.IsType<AppendStep.Begin>(append.Line.Steps[0]);
        Assert.Equal(("Sent", MessageFlags.Seen, "$x"), (append.Mailbox, options.Flags.Flags, options.Flags.Keywords[0]));
        Assert.Equal(new AppendStep.Literal(new LiteralHeader(310, IsSynchronizing: false), IsWhole: true), append.Line.Literal);
        Assert.Equal(new DateTimeOffset(1996, 7, 17, 2, 44, 25, TimeSpan.FromHours(-7)), options.InternalDate);
    }

    [Theory]
    [InlineData(" INBOX CATENATE (TEXT {5}", "Begin Literal", AppendState.PartOrEnd)]
    [InlineData(" INBOX CATENATE (URL /a TEXT {5+}", "Begin Url Literal", AppendState.PartOrEnd)]
    [InlineData(" INBOX CATENATE (URL \"/a b\" URL {2}\r\n/c)", "Begin Url Url End", AppendState.MessageOrEnd)]
    [InlineData(" INBOX CATENATE (URL /a) (\\Seen) CATENATE (url /b) {3}", "Begin Url End Begin Url End Begin Literal", AppendState.Ended)]
    [InlineData(" INBOX CATENATE (UTF8 (~{5}", "Begin Literal", AppendState.Utf8PartClosing)]
    [InlineData(" INBOX UTF8 (~{5+}", "Begin Literal", AppendState.Utf8Closing)]
    [InlineData(" INBOX ~{5+}", "Begin Literal", AppendState.Ended)]
    public void Append_reads_parts(string arguments, string steps, object next)
    {
        AppendLine line = Parse<Append>(arguments).Line;
        Assert.Equal(steps, string.Join(' ', line.Steps.Select(step => step.GetType().Name)));
        Assert.Equal(next, line.Next);
    }

    [Theory]
    [InlineData(" INBOX (\\Seen $x) \"")]
    [InlineData("")]
    [InlineData(" Sent")]
    [InlineData(" Sent ()")]
    [InlineData(" Sent text")]
    [InlineData(" Sent x{3}")]
    [InlineData(" Sent CATENATE")]
    [InlineData(" Sent CATENATE ()")]
    [InlineData(" Sent CATENATE (URL)")]
    [InlineData(" Sent CATENATE (URL /a")]
    [InlineData(" Sent CATENATE (URL /a TEXT)")]
    [InlineData(" Sent CATENATE (URL /a)TEXT {3}")]
    [InlineData(" Sent CATENATE (TEXT abc)")]
    [InlineData(" Sent CATENATE (PART {3}")]
    [InlineData(" Sent CATENATE (UTF8 {3}")]
    [InlineData(" Sent CATENATE URL /a")]
    [InlineData(" Sent UTF8 ({3}")]
    [InlineData(" Sent UTF8 ~{3}")]
    public void Append_refuses(string arguments) => Assert.Throws<ImapSyntaxException>(() => Parse<Append>(arguments));

    [Theory]
    [InlineData(typeof(Login), " alice secret-word")]
    [InlineData(typeof(Authenticate), " PLAIN c2VjcmV0LXdvcmQ=")]
    public void A_command_that_holds_a_secret_does_not_print_it(Type type, string arguments)
    {
        object command = type == typeof(Login) ? Parse<Login>(arguments) : Parse<Authenticate>(arguments);
        string text = command.ToString()!;
        Assert.DoesNotContain("secret-word", text, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", text, StringComparison.Ordinal);
    }

    private static T Parse<T>(string arguments)
        where T : IImapCommand<T>
    {
        var reader = new ImapReader(Encoding.UTF8.GetBytes(arguments), ImapDialect.None);
        T command = T.Parse(ref reader);
        reader.End();
        return command;
    }
}
