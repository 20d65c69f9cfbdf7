using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Administration;
using Posthorn.Administration.Import;
using Posthorn.Control;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Corpus;
using Posthorn.Standards;
using Posthorn.Standards.Maildir;

namespace Posthorn.ProtocolTests.CommandLine;

public sealed class ImportTests
{
    private const string Alice = AdministeredStore.Address;

    private static readonly DateTimeOffset Received = new(2024, 3, 4, 7, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Mbox_comes_in_with_flags_keywords_and_dates_and_a_second_run_adds_nothing(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        string path = store.PathOf("Old mail.mbox");
        await File.WriteAllTextAsync(
            path,
            "From a@example.org Mon Mar  4 07:00:00 2024\nStatus: RO\nX-Status: F\nX-Keywords: work\nX-UIDL: 0123456789abcdef\nSubject: one\n\nfirst\n\n"
            + "From b@example.org Mon Mar  4 07:00:00 2024\nSubject: two\n\nsecond\n", Cancel);
        ImportReport report = await store.RunAsync(ImportOperations.Mbox, new ImportRequest(path, Alice));
        Assert.Equal((2, 0, 0, false), (report.Imported, report.Broken, report.NotImported, report.Resumed));

        IReadOnlyList<StoredMail> mail = await store.MailAsync("Old mail");
        Assert.Equal("Subject: one\r\n\r\nfirst\r\n", Encoding.ASCII.GetString(mail[0].Octets));
        Assert.Equal((MessageFlags.Seen | MessageFlags.Flagged, Received), (mail[0].Flags, mail[0].Received));
        Assert.Equal(["work"], mail[0].Keywords);
        Assert.Equal("0123456789abcdef", mail[0].Uidl);
        Assert.Equal(MessageFlags.None, mail[1].Flags);

        ImportReport again = await store.RunAsync(ImportOperations.Mbox, new ImportRequest(path, Alice));
        Assert.Equal((0, true), (again.Imported, again.Resumed));
        await File.AppendAllTextAsync(path, "\nFrom c@example.org Mon Mar  4 07:00:00 2024\nSubject: three\n\nthird\n", Cancel);
        Assert.Equal(1, (await store.RunAsync(ImportOperations.Mbox, new ImportRequest(path, Alice))).Imported);
        Assert.Equal(3, (await store.RunAsync(ImportOperations.Mbox, new ImportRequest(path, Alice, Restart: true))).Imported);
        Assert.Equal(6, (await store.MailAsync("Old mail")).Count);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task An_import_that_is_stopped_goes_on_without_loss_or_doubles(bool withServer, bool maildir)
    {
        const int Count = (3 * ImportRun.BatchSize) + 17;
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        string path = store.PathOf("Sent");
        Operation<ImportRequest, ImportReport> operation = maildir ? ImportOperations.Maildir : ImportOperations.Mbox;
        await WriteAsync(path, Count, maildir);
        var request = new ImportRequest(path, Alice, "Old");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var progress = new StopAt(stop, step => step.Done >= step.Total / 2);
        await Assert.ThrowsAnyAsync<Exception>(() => store.RunAsync(operation, request, progress, stop.Token));

        // As a shell completes the name of a folder.
        ImportReport rest = await RunOnAsync(store, operation, maildir ? request with { Path = path + "/" } : request);
        IReadOnlyList<StoredMail> mail = await store.MailAsync("Old");
        Assert.Equal(
            Enumerable.Range(0, Count).Select(number => FormattableString.Invariant($"Subject: {number:D5}\r\n\r\nbody\r\n")),
            mail.Select(message => Encoding.ASCII.GetString(message.Octets)));
        Assert.True(rest.Resumed);
        Assert.InRange(rest.Imported, 0, Count - ImportRun.BatchSize);
    }

    [Fact]
    public async Task A_Maildir_that_was_marked_with_a_separator_at_its_end_goes_on_there_and_begins_anew_when_asked()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        string path = store.PathOf("Sent");
        await WriteAsync(path, 5, maildir: true);
        await store.UseAsync(async services =>
        {
            AccountId account = (await services.GetRequiredService<Accounts>().GetAsync(AdministeredStore.Operator, Alice, Cancel)).Value.Id;
            MailboxId inbox = (await services.GetRequiredService<Mailboxes>().FindAsync(AdministeredStore.Operator, account, "INBOX", Cancel)).Value.Id;
            var mark = new ImportMark($"maildir {path}/", null, "1709535600.00002.host");
            Assert.True((await services.GetRequiredService<Messages>().AppendAsync(AdministeredStore.Operator, account, inbox, [], mark, Cancel)).IsOk);
        });
        ImportReport rest = await store.RunAsync(ImportOperations.Maildir, new ImportRequest(path, Alice));
        Assert.Equal((2, true), (rest.Imported, rest.Resumed));
        Assert.Equal(0, (await store.RunAsync(ImportOperations.Maildir, new ImportRequest(path + "/", Alice))).Imported);
        Assert.Equal(5, (await store.RunAsync(ImportOperations.Maildir, new ImportRequest(path, Alice, Restart: true))).Imported);
        Assert.Equal(0, (await store.RunAsync(ImportOperations.Maildir, new ImportRequest(path, Alice))).Imported);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Broken_messages_are_imported_as_they_are_and_named_large_ones_are_left_out_and_named(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        string path = store.PathOf("mixed");
        string large = "Subject: large\n\n" + new string('x', (int)store.Options.Limits.MaxMessageBytes) + "\n";
        string[] bodies = ["no header at all\n", "Subject: nul\n\na\0b\n", large, "Subject: fine\n\nwell\n", "Subject: bad\nnot a field\n\nx\n", "Subject: cr\n\na\rb\n"];
        await File.WriteAllTextAsync(path, string.Concat(bodies.Select(body => $"From x Mon Mar  4 07:00:00 2024\n{body}\n")), Cancel);
        ImportReport report = await store.RunAsync(ImportOperations.Mbox, new ImportRequest(path, Alice));
        Assert.Equal((5, 4, 1), (report.Imported, report.Broken, report.NotImported));
        Assert.Equal(
            ["has no header", "has NUL octets", "is larger than limits.maxMessageBytes, 1048576", "has a line in its header that is no field", "has a CR that ends no line"],
            report.Problems.Select(problem => problem.Reason));
        Assert.Equal("octet 0", report.Problems[0].Place);
        Assert.Equal([true, true, false, true, true], report.Problems.Select(problem => problem.Imported));
        Assert.Equal("Subject: nul\r\n\r\na\0b\r\n", Encoding.ASCII.GetString((await store.MailAsync("mixed"))[1].Octets));
    }

    [Fact]
    public async Task An_export_makes_the_folders_above_it_and_shares_its_place_with_no_other()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        string path = store.PathOf("far/away/out");
        await store.RunAsync(ExportOperations.Mbox, new ExportRequest(path, Alice));
        Assert.True(File.Exists(Path.Combine(path, "INBOX.mbox")));

        string second = store.PathOf("far/away/second");
        await using (new FileStream(second + ".posthorn-export.lock", FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            Assert.Equal($"Another export to {second} is under way.", await store.RefusalAsync(ExportOperations.Mbox, new ExportRequest(second, Alice)));
        }

        // What a run that was killed left of its lock holds nobody up; a place that cannot be is no other export.
        await store.RunAsync(ExportOperations.Maildir, new ExportRequest(second, Alice));
        Assert.Empty(Directory.GetFileSystemEntries(store.PathOf("far/away"), "*.posthorn-export*"));
        Exception failure = await Assert.ThrowsAnyAsync<Exception>(() => store.RunAsync(ExportOperations.Mbox, new ExportRequest(Path.Combine(path, "INBOX.mbox", "out"), Alice)));
        Assert.DoesNotContain("under way", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_file_under_the_name_of_one_that_was_begun_is_refused()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        string path = store.PathOf("changing");
        await WriteAsync(path, 3, maildir: false);
        await store.RunAsync(ImportOperations.Mbox, new ImportRequest(path, Alice));
        await File.WriteAllTextAsync(path, "From y Mon Mar  4 07:00:00 2024\nSubject: other\n\n" + new string('y', 500) + "\n", Cancel);
        Assert.Contains("--restart", await store.RefusalAsync(ImportOperations.Mbox, new ImportRequest(path, Alice)), StringComparison.Ordinal);
        Assert.Equal(3, (await store.MailAsync("changing")).Count);
    }

    [Theory]
    [InlineData("nobody@example.test", "There is no")]
    [InlineData(Alice, "There is no file")]
    public async Task An_unknown_account_or_file_is_refused_in_a_sentence(string account, string expected)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        Assert.Contains(expected, await store.RefusalAsync(ImportOperations.Mbox, new ImportRequest(store.PathOf("none"), account)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keywords_beyond_what_a_mailbox_names_are_left_out_and_named()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        string path = store.PathOf("many");
        string words = string.Join(' ', Enumerable.Range(0, KeywordBits.Most + 1).Select(number => FormattableString.Invariant($"word{number}")));
        await File.WriteAllTextAsync(path, $"From x Mon Mar  4 07:00:00 2024\nX-Keywords: {words}\nSubject: a\n\nb\n", Cancel);
        ImportReport report = await store.RunAsync(ImportOperations.Mbox, new ImportRequest(path, Alice));
        Assert.Equal(1, report.Imported);
        Assert.Equal($"keyword word{KeywordBits.Most}", Assert.Single(report.Problems).Place);
        Assert.Equal(KeywordBits.Most, (await store.MailAsync("many"))[0].Keywords.Count);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task The_corpus_comes_back_through_export_and_import(bool withServer, bool maildir)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        string first = store.PathOf("first");
        Directory.CreateDirectory(Path.Combine(first, "cur"));
        byte[][] octets = [.. SampleMail.All.Select(mail => mail.ReadOctets()).Where(octets => octets.Length <= 512 * 1024)];
        for (int i = 0; i < octets.Length; i++)
        {
            string file = Path.Combine(first, "cur", string.Create(CultureInfo.InvariantCulture, $"1709535600.{i:D5}.host:2,{(i % 2 == 0 ? "S" : "FR")}"));
            await File.WriteAllBytesAsync(file, octets[i], Cancel);
        }

        Assert.Equal(octets.Length, (await store.RunAsync(ImportOperations.Maildir, new ImportRequest(first, Alice))).Imported);
        IReadOnlyList<StoredMail> stored = await store.MailAsync("INBOX");
        Assert.Equal(octets.Select(Crlf), stored.Select(mail => mail.Octets));
        Assert.All(stored, mail => Assert.Equal(Received, mail.Received));

        string exported = store.PathOf("exported");
        ExportReport report = await store.RunAsync(maildir ? ExportOperations.Maildir : ExportOperations.Mbox, new ExportRequest(exported, Alice, "INBOX"));
        Assert.Equal(octets.Length, report.Exported);
        await store.RunAsync(maildir ? ImportOperations.Maildir : ImportOperations.Mbox, new ImportRequest(exported, Alice, "Back"));
        IReadOnlyList<StoredMail> back = await store.MailAsync("Back");
        Assert.Equal(stored.Select(mail => (mail.Flags, mail.Received, mail.Uidl)), back.Select(mail => (mail.Flags, mail.Received, mail.Uidl)));
        Assert.Equal(stored.Select(mail => maildir ? mail.Octets : ThroughMbox(mail.Octets)), back.Select(mail => mail.Octets));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Folders_and_keywords_of_a_Maildir_become_mailboxes_and_go_out_again(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        string tree = store.PathOf("tree");
        foreach (string folder in (string[])["", ".Work.Plans"])
        {
            Directory.CreateDirectory(Path.Combine(tree, folder, "cur"));
            await File.WriteAllTextAsync(Path.Combine(tree, folder, "dovecot-keywords"), "0 urgent\n", Cancel);
            await File.WriteAllTextAsync(Path.Combine(tree, folder, "cur", "1709535600.1.host:2,Sa"), $"Subject: in {folder}\n\nx\n", Cancel);
        }

        ImportReport report = await store.RunAsync(ImportOperations.Maildir, new ImportRequest(tree, Alice));
        Assert.Equal(["INBOX", "Work/Plans"], report.Mailboxes);
        StoredMail plan = Assert.Single(await store.MailAsync("Work/Plans"));
        Assert.Equal(["urgent"], plan.Keywords);

        await store.RunAsync(ExportOperations.Maildir, new ExportRequest(store.PathOf("out"), Alice));
        await store.RunAsync(ImportOperations.Maildir, new ImportRequest(store.PathOf("out"), Alice, "Copy"));
        StoredMail copy = Assert.Single(await store.MailAsync("Copy/Work/Plans"));
        Assert.Equal((plan.Flags, plan.Received), (copy.Flags, copy.Received));
        Assert.Equal(plan.Keywords, copy.Keywords);

        await store.RunAsync(ExportOperations.Mbox, new ExportRequest(store.PathOf("files"), Alice));
        Assert.True(File.Exists(Path.Combine(store.PathOf("files"), "Work", "Plans.mbox")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Mailboxes_whose_names_files_cannot_have_go_out_under_others_and_are_named(bool maildir)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        string lengthy = string.Join('/', Enumerable.Repeat("Архив проектов и переписка", 6));
        string[] names = [lengthy + "/2025", lengthy + "/2026", "Work", "Work.mbox/Plans"];
        await store.UseAsync(async services =>
        {
            AccountId account = (await services.GetRequiredService<Accounts>().GetAsync(AdministeredStore.Operator, Alice, Cancel)).Value.Id;
            foreach (string name in names)
            {
                Assert.True((await services.GetRequiredService<Mailboxes>().CreateAsync(AdministeredStore.Operator, account, name, SpecialUse.None, Cancel)).IsOk);
            }
        });
        string path = store.PathOf("out");
        ExportReport report = await store.RunAsync(maildir ? ExportOperations.Maildir : ExportOperations.Mbox, new ExportRequest(path, Alice));
        Assert.All(names, name => Assert.Contains(name, report.Mailboxes));
        if (maildir)
        {
            string[] read = [.. new MaildirReader(path).Folders().Select(static folder => folder.Name)];
            Assert.Superset(new HashSet<string>(report.Renamed.Select(static renamed => renamed.Name)), new HashSet<string>(read));
            Assert.Equal(report.Mailboxes.Count, read.Length);
            Assert.All(names[..2], name => Assert.Contains(report.Renamed, renamed => renamed.Mailbox == name && renamed.Name.StartsWith("Архив проектов и переписка/", StringComparison.Ordinal)));
        }
        else
        {
            Assert.Equal(new RenamedMailbox("Work.mbox/Plans", "Work.mbox_/Plans.mbox"), Assert.Single(report.Renamed));
            Assert.True(File.Exists(Path.Combine(path, "Work.mbox")));
            Assert.True(File.Exists(Path.Combine(path, "Work.mbox_", "Plans.mbox")));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Export_overwrites_nothing_and_leaves_nothing_half_done(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        string target = Directory.CreateDirectory(store.PathOf("target")).FullName;
        await File.WriteAllTextAsync(Path.Combine(target, "letter.txt"), "mine", Cancel);
        Assert.Contains("nothing is overwritten", await store.RefusalAsync(ExportOperations.Maildir, new ExportRequest(target, Alice)), StringComparison.Ordinal);
        Assert.Contains("nothing is overwritten", await store.RefusalAsync(
            ExportOperations.Mbox, new ExportRequest(Path.Combine(target, "letter.txt"), Alice, "INBOX")), StringComparison.Ordinal);
        Assert.Contains("There is no", await store.RefusalAsync(ExportOperations.Mbox, new ExportRequest(store.PathOf("new"), Alice, "Nowhere")), StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(target, "letter.txt"), Cancel));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(target)!), entry => entry.EndsWith("export", StringComparison.Ordinal));
    }

    /// <summary>A server whose client went away may file one more batch: the run that meets it is refused, and nothing comes in twice.</summary>
    private static async Task<ImportReport> RunOnAsync(AdministeredStore store, Operation<ImportRequest, ImportReport> operation, ImportRequest request)
    {
        while (true)
        {
            try
            {
                return await store.RunAsync(operation, request);
            }
            catch (OperationRefusedException refused) when (refused.Message.Contains("in use by another session", StringComparison.Ordinal))
            {
                Cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private static async Task WriteAsync(string path, int count, bool maildir)
    {
        var all = new StringBuilder();
        if (maildir)
        {
            Directory.CreateDirectory(Path.Combine(path, "cur"));
        }

        for (int i = 0; i < count; i++)
        {
            string message = FormattableString.Invariant($"Subject: {i:D5}\n\nbody\n");
            all.Append("From x Mon Mar  4 07:00:00 2024\n").Append(message).Append('\n');
            if (maildir)
            {
                await File.WriteAllTextAsync(Path.Combine(path, "cur", FormattableString.Invariant($"1709535600.{i:D5}.host:2,")), message, Cancel);
            }
        }

        if (!maildir)
        {
            await File.WriteAllTextAsync(path, all.ToString(), Cancel);
        }
    }

    private static byte[] Crlf(byte[] octets)
    {
        using var lines = new CrlfStream(new MemoryStream(octets));
        using var all = new MemoryStream();
        lines.CopyTo(all);
        return all.ToArray();
    }

    /// <summary>mbox ends every line, with LF: a CR before a CRLF is taken for a part of the line end when it is read again.</summary>
    private static byte[] ThroughMbox(byte[] octets)
    {
        string text = Encoding.Latin1.GetString(octets).Replace("\r\r\n", "\r\n", StringComparison.Ordinal);
        string end = text.Length == 0 || text.EndsWith('\n') ? "" : text.EndsWith('\r') ? "\n" : "\r\n";
        return Encoding.Latin1.GetBytes(text + end);
    }

    private sealed class StopAt(CancellationTokenSource stop, Func<WorkProgress, bool> when) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            if (when(value))
            {
                stop.Cancel();
            }
        }
    }
}
