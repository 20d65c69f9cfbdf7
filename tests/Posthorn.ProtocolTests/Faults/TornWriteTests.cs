using Posthorn.Core.Storage;
using Posthorn.ProtocolTests.Durability;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Faults;

/// <summary>What a disk does that lies or rots: the end of the WAL is missing or changed, a page or a body has other octets. The store opens with what is whole, and check names what is not.</summary>
public sealed class TornWriteTests
{
    private const int Messages = 20;
    private const int Cuts = 12;
    private const int PageBytes = 4096;
    private const int LargeBytes = 200_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_wal_that_ends_early_or_in_other_octets_opens_with_the_messages_before(bool flips)
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "PostgreSQL keeps a log of its own.");
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        string data = Path.Combine(server.Folder, "data"), wal = Path.Combine(data, "posthorn.db-wal");
        string[] sent = await SendAsync(server, 2_000);
        byte[] whole = await File.ReadAllBytesAsync(wal, Cancel);
        var random = new Random(KillPlan.Seed);
        var counts = new HashSet<int>();
        for (int cut = 0; cut < Cuts; cut++)
        {
            string state = Path.Combine(server.Folder, $"cut-{cut}");
            Directory.CreateDirectory(state);
            File.Copy(Path.Combine(data, "posthorn.db"), Path.Combine(state, "posthorn.db"));
            await File.WriteAllBytesAsync(Path.Combine(state, "posthorn.db-wal"), Torn(whole, cut == 0 ? whole.Length : random.Next(whole.Length / 4, whole.Length), flips), Cancel);
            (IReadOnlyList<string> subjects, IReadOnlyList<StoreFinding> findings) = await StoreReading.ReadAsync(state, PosthornProcess.User, Cancel);
            Assert.Equal(sent.Take(subjects.Count), subjects);
            Assert.Empty(findings);
            counts.Add(subjects.Count);
        }

        // The cuts reached messages: else this test says nothing.
        Assert.True(counts.Count > 1, $"every cut left {counts.First()} messages");
    }

    [Fact]
    public async Task A_body_with_other_octets_is_the_one_that_check_names()
    {
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        string data = Path.Combine(server.Folder, "data");
        await SendAsync(server, LargeBytes);
        IReadOnlyList<string> bodies = TestDatabase.BodyFiles(data);
        Assert.Equal(Messages, bodies.Count);
        string damaged = bodies[new Random(KillPlan.Seed).Next(Messages)];
        await FlipAsync(damaged, new FileInfo(damaged).Length / 2, 1);
        TestDatabase.ForgetCopies(data);

        (int status, string said) = await server.TryCommandAsync("", "check");
        Assert.Equal(1, status);
        string wrong = Assert.Single(said.Split('\n'), line => line.StartsWith("WRONG", StringComparison.Ordinal));
        Assert.Contains("is damaged", wrong, StringComparison.Ordinal);
        if (!TestDatabase.IsPostgres)
        {
            Assert.Contains(Path.GetFileName(damaged), wrong.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_small_body_with_other_octets_is_the_one_that_check_names()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "There is no file.");
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        string store = Path.Combine(server.Folder, "data", "posthorn.db");
        await SendAsync(server, 100);
        await server.CommandAsync("", "check");
        // Below the size that is compressed, so that the text lies there as it came.
        byte[] text = System.Text.Encoding.ASCII.GetBytes("Subject: m-7\r\n");
        byte[] whole = await File.ReadAllBytesAsync(store, Cancel);
        int[] places = [.. Enumerable.Range(0, whole.Length - text.Length).Where(at => whole.AsSpan(at, text.Length).SequenceEqual(text))];
        Assert.NotEmpty(places);
        // Where a page was split, the old octets lie beside the row's.
        foreach (int at in places)
        {
            await FlipAsync(store, at + text.Length - 3, 1);
        }

        (int status, string said) = await server.TryCommandAsync("", "check");
        Assert.Equal(1, status);
        Assert.Contains("is damaged", Assert.Single(said.Split('\n'), line => line.StartsWith("WRONG", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_with_other_octets_is_named_by_check_or_refused_in_one_line()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "There is no file.");
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        string store = Path.Combine(server.Folder, "data", "posthorn.db");
        await SendAsync(server, 2_000);
        // Opening and closing brings the WAL into the database.
        await server.CommandAsync("", "check");
        byte[] whole = await File.ReadAllBytesAsync(store, Cancel);
        for (int page = 1; page < whole.Length / PageBytes; page += 7)
        {
            await FlipAsync(store, (long)page * PageBytes, 8);
            (int status, string said) = await server.TryCommandAsync("", "check");
            Assert.True(status == 1, $"page {page}: {said}");
            Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
            Assert.All(said.TrimEnd('\n').Split('\n')[..1], line => Assert.True(
                line.StartsWith("WRONG", StringComparison.Ordinal) || line.StartsWith("posthorn: ", StringComparison.Ordinal), $"page {page}: {line}"));
            await File.WriteAllBytesAsync(store, whole, Cancel);
        }
    }

    /// <summary>Starts the server, delivers, and kills it.</summary>
    private static async Task<string[]> SendAsync(PosthornProcess server, int bytes)
    {
        await server.StartAsync();
        string[] ids = [.. Enumerable.Range(0, Messages).Select(number => $"m-{number}")];
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Ports["smtp"], Cancel))
        {
            foreach (string id in ids)
            {
                Assert.True(await talk.SendAsync(PosthornProcess.User, id, bytes, Cancel));
            }
        }

        await server.KillAsync();
        return ids;
    }

    /// <summary>The first octets, and either nothing after them or others.</summary>
    private static byte[] Torn(byte[] whole, int length, bool flips)
    {
        byte[] torn = flips ? (byte[])whole.Clone() : whole[..length];
        for (int at = length; at < torn.Length; at += 97)
        {
            torn[at] ^= 0xff;
        }

        return torn;
    }

    private static async Task FlipAsync(string path, long at, int count)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        byte[] octets = new byte[count];
        await file.ReadExactlyAsync(octets, Cancel);
        for (int i = 0; i < count; i++)
        {
            octets[i] ^= 0xff;
        }

        file.Position = at;
        await file.WriteAsync(octets, Cancel);
    }
}
