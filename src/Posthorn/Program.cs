Console.WriteLine("posthorn");
return 0;
